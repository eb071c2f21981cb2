package warehouse

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"accounthealth/internal/source"
)

// texts is a run of strings in one piece of memory.
type texts struct {
	data    []byte
	offsets []int32 // one more than there are strings
}

func (t *texts) len() int { return len(t.offsets) - 1 }

func (t *texts) at(i int) []byte { return t.data[t.offsets[i]:t.offsets[i+1]] }

func (t *texts) reset() {
	t.data = t.data[:0]
	t.offsets = append(t.offsets[:0], 0)
}

// end closes the string that was appended to data.
func (t *texts) end() { t.offsets = append(t.offsets, int32(len(t.data))) }

// maxText is what the offsets can address.
const maxText = math.MaxInt32

// toText writes the first n values as text: integers and decimals in full,
// without a fraction of zeros; dates and times in ISO 8601 and the reporting
// time zone; UUIDs with dashes; booleans as true and false. Empty text is blank,
// and so is a float that is not a number. Bytes that are not UTF-8 are
// unreadable. Text itself is not changed, not even trimmed.
func toText(l *leaf, values encoding.Values, n int, out *texts, m *marks, z *zone) {
	out.reset()
	out.offsets = slices.Grow(out.offsets, n)
	switch l.form {
	case formBool:
		bits := values.Boolean()
		for i := range n {
			out.data = strconv.AppendBool(out.data, bits[i>>3]>>(i&7)&1 == 1)
			out.end()
		}
	case formInt:
		if l.kind == parquet.Int32 {
			appendInts(out, values.Int32()[:n])
		} else {
			appendInts(out, values.Int64()[:n])
		}
	case formUint:
		if l.kind == parquet.Int32 {
			appendInts(out, values.Uint32()[:n])
		} else {
			for _, x := range values.Uint64()[:n] {
				out.data = strconv.AppendUint(out.data, x, 10)
				out.end()
			}
		}
	case formFloat:
		x := make([]float64, n)
		toNumbers(l, values, n, x, m)
		for _, x := range x {
			out.data = strconv.AppendFloat(out.data, x, 'f', -1, 64)
			out.end()
		}
	case formDecimal:
		eachDecimal(l, values, n, func(_ int, d decimal) {
			out.data = d.append(out.data)
			out.end()
		})
	case formDate, formInstant, formWall, formInt96:
		micros := make([]int64, n)
		toTimes(z)(l, values, n, micros, m)
		layout := "2006-01-02T15:04:05.999999"
		if l.form == formDate {
			layout = time.DateOnly
		}
		for _, x := range micros {
			out.data = time.UnixMicro(x).UTC().AppendFormat(out.data, layout)
			out.end()
		}
	case formUUID:
		eachText(l, values, n, func(_ int, s string) {
			h := hex.EncodeToString([]byte(s))
			out.data = append(out.data, h[:8]+"-"+h[8:12]+"-"+h[12:16]+"-"+h[16:20]+"-"+h[20:]...)
			out.end()
		})
	default:
		if l.kind == parquet.ByteArray && plainTexts(values, n, out) {
			return
		}
		eachText(l, values, n, func(i int, s string) {
			switch {
			case s == "":
				m.blank(i, n)
			case !utf8.ValidString(s):
				m.bad(i, n, strconv.Quote(s))
			default:
				out.data = append(out.data, s...)
			}
			out.end()
		})
	}
}

// plainTexts copies n texts at once where all are ASCII and none is empty; it
// reports whether they were.
func plainTexts(values encoding.Values, n int, out *texts) bool {
	data, offsets := values.ByteArray()
	if n == 0 || len(offsets) < n+1 {
		return false
	}
	first := offsets[0]
	data = data[first:offsets[n]]
	if len(data) > maxText || !ascii(data) {
		return false
	}
	out.offsets = out.offsets[:n+1]
	for i := range n {
		if offsets[i] == offsets[i+1] {
			out.reset()
			return false
		}
		out.offsets[i+1] = int32(offsets[i+1] - first)
	}
	out.data = append(out.data, data...)
	return true
}

func ascii(b []byte) bool {
	var all uint64
	for len(b) >= 8 {
		all |= binary.LittleEndian.Uint64(b)
		b = b[8:]
	}
	for _, x := range b {
		all |= uint64(x)
	}
	return all&notASCII == 0
}

func appendInts[T int32 | int64 | uint32](out *texts, in []T) {
	for _, x := range in {
		out.data = strconv.AppendInt(out.data, int64(x), 10)
		out.end()
	}
}

// parseConstant gives a partition key's text to a role as a file's text would be.
func parseConstant(role source.Role, s string, z *zone) (number float64, micros int64, flag bool, k mark) {
	switch role {
	case source.Number:
		number, k = parseNumber(s)
	case source.Money:
		number, k = parseMoney(s)
	case source.Time:
		micros, k = parseTime(s, z)
	case source.Flag:
		flag, k = parseFlag(s)
	default:
		if s == "" {
			k = markBlank
		}
	}
	return
}
