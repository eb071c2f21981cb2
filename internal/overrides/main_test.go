package overrides_test

import (
	"testing"

	"accounthealth/internal/testkit"
)

func TestMain(m *testing.M) {
	testkit.FixSeeds()
	m.Run()
}
