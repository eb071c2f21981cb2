package kernel

import (
	"encoding/binary"
	"unsafe"
)

// ShortText is the longest text in bytes that is copied whole, whatever its length.
const ShortText = 32

// notASCII are the bits of eight bytes that no ASCII character has.
const notASCII = 0x8080808080808080

// CopyTexts takes texts of 1 to ShortText ASCII characters, as many as follow each
// other where whole vectors can be copied, and writes where they end, counted from at.
// raw has four bytes of length before each text (the format's plain encoding), data
// takes the texts alone; what is behind them in data is overwritten. It returns how
// many there were and their bytes in raw and in data. It also stops where one of the
// ShortText bytes from the start of a text is not ASCII.
func CopyTexts(ends []int32, data, raw []byte, at int) (k, used, grown int) {
	const room = 4 + ShortText
	k, used, grown = wideCopyTexts(ends, data, raw, at)
	from, to := unsafe.Pointer(unsafe.SliceData(raw)), unsafe.Pointer(unsafe.SliceData(data))
	lastUsed, lastGrown := len(raw)-room, len(data)-ShortText
	for k < len(ends) && used <= lastUsed && grown <= lastGrown {
		// The next text overwrites what is too much.
		in, out := (*[room]byte)(unsafe.Add(from, used)), (*[ShortText]byte)(unsafe.Add(to, grown))
		a, b := binary.LittleEndian.Uint64(in[4:]), binary.LittleEndian.Uint64(in[12:])
		c, d := binary.LittleEndian.Uint64(in[20:]), binary.LittleEndian.Uint64(in[28:])
		binary.LittleEndian.PutUint64(out[:], a)
		binary.LittleEndian.PutUint64(out[8:], b)
		binary.LittleEndian.PutUint64(out[16:], c)
		binary.LittleEndian.PutUint64(out[24:], d)
		n := binary.LittleEndian.Uint32(in[:])
		if n-1 >= ShortText || (a|b|c|d)&notASCII != 0 { // empty or longer, or perhaps not ASCII
			break
		}
		used += 4 + int(n)
		grown += int(n)
		ends[k] = int32(at + grown)
		k++
	}
	return k, used, grown
}
