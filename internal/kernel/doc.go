// Package kernel has the inner loops of reading columns: unpacking bit-packed
// values, holding indexes against their dictionary, putting values among nulls and
// taking apart texts with their lengths.
//
// Every loop is written in Go. Those that most of a scan's time goes to are also
// written in assembly for processors with AVX2, which takes 16 or 32 values at a
// time; the tests hold both to the same results.
package kernel
