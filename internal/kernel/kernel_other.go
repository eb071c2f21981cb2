//go:build !amd64 || purego

package kernel

// There is no assembly for these processors: none of the values is done, and the
// loops in Go do all of them.

func wideUnpackBytes([]uint8, []byte, int) int { return 0 }

func wideUnpackShorts([]uint16, []byte, int) int { return 0 }

func wideExpandBytes(_, _, _ []uint8, _ int) (rows, used int) { return 0, 0 }

func wideExpandShorts(_, _ []uint16, _ []uint8, _ int) (rows, used int) { return 0, 0 }

func wideExpandWords(_, _ []uint64, _ []uint8, _ int) (rows, used int) { return 0, 0 }

func wideAnyByteAbove([]uint8, uint8) (tested int, above bool) { return 0, false }

func wideCopyTexts([]int32, []byte, []byte, int) (k, used, grown int) { return 0, 0, 0 }

func wideFinite(_, _ []float64) int { return 0 }

func wideScale([]float64, []int64, float64) int { return 0 }
