//go:build !purego

package kernel

import "testing"

type way struct {
	name string
	set  func()
}

func withAndWithout(t *testing.T) []way {
	was := avx2
	t.Cleanup(func() { avx2 = was })
	ways := []way{{"Go", func() { avx2 = false }}}
	if was {
		ways = append(ways, way{"assembly", func() { avx2 = true }})
	}
	return ways
}
