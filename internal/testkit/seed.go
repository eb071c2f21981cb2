package testkit

import "flag"

// FixSeeds makes property tests draw the same cases on every run, so that a
// failure is the change's and not the draw's. Packages with such tests call it from
// TestMain; -rapid.seed N draws others, -rapid.seed 0 new ones each time.
func FixSeeds() {
	if flag.Lookup("rapid.seed") != nil {
		_ = flag.Set("rapid.seed", "1") // the flag is there and takes a number
	}
}
