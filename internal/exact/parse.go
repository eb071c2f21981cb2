package exact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
)

// Reader reads values; texts that occur in several of them are kept once. The
// zero value is ready.
type Reader struct {
	fields map[reflect.Type]map[string]int
	texts  map[string]string
	b      []byte
	at     int
}

// shortText is the length up to which a text is looked up among those that were
// read before, keptTexts how many are kept.
const (
	shortText = 64
	keptTexts = 1 << 16
)

// Read parses one JSON value into what v points to, which must be its zero value.
// Unknown fields are an error, as is anything after the value: compare layouts
// first. Errors name the byte.
func (r *Reader) Read(data []byte, v any) error {
	if r.fields == nil {
		r.fields, r.texts = map[reflect.Type]map[string]int{}, map[string]string{}
	}
	r.b, r.at = data, 0
	err := r.value(reflect.ValueOf(v).Elem())
	if err == nil {
		if r.space(); r.at < len(r.b) {
			err = errors.New("text after the value")
		}
	}
	if err != nil {
		return fmt.Errorf("exact: at byte %d: %w", r.at, err)
	}
	return nil
}

func (r *Reader) space() {
	for r.at < len(r.b) && (r.b[r.at] == ' ' || r.b[r.at] == '\n' || r.b[r.at] == '\t' || r.b[r.at] == '\r') {
		r.at++
	}
}

// next says whether the next byte is c, and passes it if so.
func (r *Reader) next(c byte) bool {
	if r.space(); r.at < len(r.b) && r.b[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *Reader) expect(c byte) error {
	if !r.next(c) {
		return fmt.Errorf("expected %q", c)
	}
	return nil
}

// word passes a literal.
func (r *Reader) word(s string) bool {
	if r.space(); bytes.HasPrefix(r.b[r.at:], []byte(s)) {
		r.at += len(s)
		return true
	}
	return false
}

func (r *Reader) value(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Bool:
		switch {
		case r.word("true"):
			v.SetBool(true)
		case !r.word("false"):
			return errors.New("expected true or false")
		}
		return nil
	case reflect.String:
		s, err := r.text()
		v.SetString(s)
		return err
	case reflect.Float64:
		x, err := r.float()
		v.SetFloat(x)
		return err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(string(r.number()), 10, v.Type().Bits())
		v.SetInt(n)
		return err
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(string(r.number()), 10, v.Type().Bits())
		v.SetUint(n)
		return err
	case reflect.Pointer:
		if r.word("null") {
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return r.value(v.Elem())
	case reflect.Slice:
		return r.list(v)
	case reflect.Struct:
		return r.object(v)
	}
	return fmt.Errorf("type %s cannot be filed", v.Type())
}

func (r *Reader) list(v reflect.Value) error {
	if r.word("null") {
		return nil
	}
	if err := r.expect('['); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	if r.next(']') {
		return nil
	}
	for n := 0; ; n++ {
		if n == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(n + 1)
		if err := r.value(v.Index(n)); err != nil {
			return err
		}
		if r.next(']') {
			return nil
		}
		if err := r.expect(','); err != nil {
			return err
		}
	}
}

func (r *Reader) object(v reflect.Value) error {
	if err := r.expect('{'); err != nil {
		return err
	}
	if r.next('}') {
		return nil
	}
	fields := r.fieldsOf(v.Type())
	for {
		name, err := r.text()
		if err != nil {
			return err
		}
		i, ok := fields[name]
		if !ok {
			return fmt.Errorf("%s has no field %q", v.Type(), name)
		}
		if err := r.expect(':'); err != nil {
			return err
		}
		if err := r.value(v.Field(i)); err != nil {
			return err
		}
		if r.next('}') {
			return nil
		}
		if err := r.expect(','); err != nil {
			return err
		}
	}
}

func (r *Reader) fieldsOf(t reflect.Type) map[string]int {
	m, ok := r.fields[t]
	if !ok {
		m = map[string]int{}
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				m[f.Name] = i
			}
		}
		r.fields[t] = m
	}
	return m
}

// number returns the bytes of a number.
func (r *Reader) number() []byte {
	r.space()
	from := r.at
	for r.at < len(r.b) {
		switch c := r.b[r.at]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			r.at++
		default:
			return r.b[from:r.at]
		}
	}
	return r.b[from:]
}

func (r *Reader) float() (float64, error) {
	switch {
	case r.word(`"` + notANumber + `"`):
		return math.NaN(), nil
	case r.word(`"` + infinity + `"`):
		return math.Inf(1), nil
	case r.word(`"-` + infinity + `"`):
		return math.Inf(-1), nil
	}
	return strconv.ParseFloat(string(r.number()), 64)
}

func (r *Reader) text() (string, error) {
	if r.word(`{"base64":`) {
		coded, err := r.text()
		if err != nil {
			return "", err
		}
		s, err := base64.StdEncoding.DecodeString(coded)
		if err != nil {
			return "", err
		}
		return string(s), r.expect('}')
	}
	if err := r.expect('"'); err != nil {
		return "", err
	}
	from, escaped := r.at, false
	for r.at < len(r.b) && r.b[r.at] != '"' {
		if r.b[r.at] == '\\' {
			escaped = true
			r.at++
		}
		r.at++
	}
	if r.at >= len(r.b) {
		r.at = len(r.b)
		return "", errors.New("a text without an end")
	}
	r.at++
	if escaped {
		var s string
		err := json.Unmarshal(r.b[from-1:r.at], &s)
		return s, err
	}
	return r.keep(r.b[from : r.at-1]), nil
}

func (r *Reader) keep(b []byte) string {
	if len(b) > shortText {
		return string(b)
	}
	if s, ok := r.texts[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(r.texts) < keptTexts {
		r.texts[s] = s
	}
	return s
}
