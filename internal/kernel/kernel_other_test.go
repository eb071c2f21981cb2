//go:build !amd64 || purego

package kernel

import "testing"

type way struct {
	name string
	set  func()
}

func withAndWithout(*testing.T) []way { return []way{{"Go", func() {}}} }
