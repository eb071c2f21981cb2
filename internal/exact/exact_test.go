package exact

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

type leaf struct {
	Name string
	X    float64
}

type tree struct {
	_      int `json:"-"` // left out
	Count  int64
	Day    int32
	On     bool
	Level  uint8
	Leaf   leaf
	Child  *tree
	Leaves []leaf
	Grid   [][]float64
	Texts  []string
	Leafy
}

// Leafy is embedded.
type Leafy struct{ Inside []*leaf }

// same compares by bits: NaN equals NaN, 0 does not equal -0, nil is not empty.
func same(a, b any) bool { return fmt.Sprintf("%#v", flat(a)) == fmt.Sprintf("%#v", flat(b)) }

func flat(v any) string {
	var b strings.Builder
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Float64:
			fmt.Fprintf(&b, "%x ", math.Float64bits(v.Float()))
		case reflect.Pointer:
			if v.IsNil() {
				b.WriteString("nil ")
				return
			}
			walk(v.Elem())
		case reflect.Slice:
			fmt.Fprintf(&b, "%v:%d[", v.IsNil(), v.Len())
			for i := range v.Len() {
				walk(v.Index(i))
			}
			b.WriteString("]")
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		default:
			fmt.Fprintf(&b, "%#v ", v)
		}
	}
	walk(reflect.ValueOf(v))
	return b.String()
}

func TestReadsBackBitForBit(t *testing.T) {
	for _, want := range []tree{
		{},
		{Count: math.MinInt64, Day: -1 << 31, On: true, Level: 255, Leaf: leaf{"x", 0.1 + 0.2}},
		{Leaf: leaf{"", math.Copysign(0, -1)}, Leaves: []leaf{}, Texts: []string{}, Grid: [][]float64{nil, {}, {math.NaN(), math.Inf(1), math.Inf(-1), 5e-324, math.MaxFloat64, 1e21, 1 << 53}}},
		{Child: &tree{Child: &tree{Count: 7}, Leafy: Leafy{Inside: []*leaf{nil, {"a", 1}}}}},
		{Texts: []string{"", `"quoted" \ back`, "line\nfeed\ttab\x00\x1f\x7f", "Grüße 🙂 שלום \u2028", "\xff\xfe broken", strings.Repeat("long ", 10000), "NaN"}},
	} {
		b, err := Append(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsRune(string(b), '\n') {
			t.Errorf("%s is more than one line", b)
		}
		var got tree
		var r Reader
		if err := r.Read(b, &got); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		if !same(got, want) {
			t.Errorf("read %s\nwant %s\nfrom %s", flat(got), flat(want), b)
		}
	}
}

func TestRefusesWhatHasNoForm(t *testing.T) {
	for _, v := range []any{
		struct{ M map[string]int }{},
		struct{ F func() }{},
		struct{ I any }{},
		struct{ hidden int }{},
		[]struct{ C chan int }{},
	} {
		if _, err := Layout(v); err == nil {
			t.Errorf("%T has a layout", v)
		}
	}
}

func TestLayoutFollowsTheType(t *testing.T) {
	layout := func(v any) string {
		s, err := Layout(v)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one := layout(struct{ A, B int32 }{})
	for _, other := range []any{struct{ B, A int32 }{}, struct{ A, B int64 }{}, struct{ A int32 }{}, struct{ A, B []int32 }{}} {
		if layout(other) == one {
			t.Errorf("%T has the layout of another type", other)
		}
	}
	if layout(tree{}) != layout(tree{Count: 3}) {
		t.Error("the layout depends on the value")
	}
}

func FuzzRead(f *testing.F) {
	b, err := Append(nil, tree{Count: 3, Leaves: []leaf{{"a\"", math.NaN()}}, Texts: []string{"\xff"}, Child: &tree{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"Texts":["\u00"`))
	f.Add([]byte(`{"Texts":[{"base64":"//"}],"Grid":[[1,"NaN"],null]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second tree
		var r Reader
		if r.Read(data, &first) != nil {
			return
		}
		again, err := Append(nil, first)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Read(again, &second); err != nil || !same(first, second) {
			t.Fatalf("%s became %s (%v)", data, again, err)
		}
	})
}
