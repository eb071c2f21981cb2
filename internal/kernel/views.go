package kernel

import "unsafe"

// Slack is the room in bytes behind values that lets the loops read whole vectors at
// the last one. Without it they give the same result more slowly.
const Slack = 32

// View views values as words of another size, of all of their bytes and of the room
// behind them. x must be aligned for W.
func View[W uint8 | uint16 | uint32 | uint64 | int32, T uint8 | uint16 | int32 | int64 | float64 | bool](x []T) []W {
	var t T
	size := unsafe.Sizeof(W(0))
	words := unsafe.Slice((*W)(unsafe.Pointer(unsafe.SliceData(x))), uintptr(cap(x))*unsafe.Sizeof(t)/size)
	return words[:uintptr(len(x))*unsafe.Sizeof(t)/size]
}
