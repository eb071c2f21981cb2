// Package exact writes plain Go values as JSON and reads them back bit for bit:
// what was written and what is read are equal in every field, floats included.
// It follows the types by itself, so that a field that is added to one of them is
// filed without a line of code.
//
// Structs are objects under their fields' Go names, zero values left out; an
// embedded struct is an object under its type's name; a nil slice is left out (or
// null in a list), an empty one is []; floats have the shortest digits that read
// back equal, and those that JSON has no number for are the texts "NaN",
// "Infinity" and "-Infinity"; text that is not UTF-8 is {"base64": ...}. A field
// tagged json:"-" is not filed.
//
// It refuses types that have no such form: maps, interfaces, functions, channels,
// complex numbers and unexported fields.
package exact

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Layout is a digest of a value's type: of its fields' names, types and order,
// all the way down. Values of one layout read back exactly; a value that was
// written under another may lack fields. It fails on a type that cannot be filed.
func Layout(v any) (string, error) {
	var b strings.Builder
	if err := describe(&b, reflect.TypeOf(v), nil); err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:]), nil
}

// describe writes a type out; inside holds the structs around it.
func describe(b *strings.Builder, t reflect.Type, inside []reflect.Type) error {
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		b.WriteString(t.Kind().String())
		return nil
	case reflect.Pointer:
		b.WriteByte('*')
		return describe(b, t.Elem(), inside)
	case reflect.Slice:
		b.WriteString("[]")
		return describe(b, t.Elem(), inside)
	case reflect.Struct:
		for _, outer := range inside {
			if outer == t {
				b.WriteString(t.Name())
				return nil
			}
		}
		b.WriteByte('{')
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Tag.Get("json") == "-" {
				continue
			}
			if !f.IsExported() {
				return fmt.Errorf("exact: field %s of %s is not exported", f.Name, t)
			}
			b.WriteString(f.Name + " ")
			if err := describe(b, f.Type, append(inside, t)); err != nil {
				return fmt.Errorf("%w, in field %s of %s", err, f.Name, t)
			}
			b.WriteByte(';')
		}
		b.WriteByte('}')
		return nil
	}
	return fmt.Errorf("exact: type %s cannot be filed", t)
}

// Append appends v as JSON on one line.
func Append(b []byte, v any) ([]byte, error) {
	return appendValue(b, reflect.ValueOf(v))
}

func appendValue(b []byte, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool()), nil
	case reflect.String:
		return appendText(b, v.String()), nil
	case reflect.Float64:
		return appendFloat(b, v.Float()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(b, v.Int(), 10), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(b, v.Uint(), 10), nil
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		return appendValue(b, v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		return appendList(b, v)
	case reflect.Struct:
		return appendFields(b, v)
	}
	return b, fmt.Errorf("exact: type %s cannot be filed", v.Type())
}

func appendList(b []byte, v reflect.Value) ([]byte, error) {
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendValue(b, v.Index(i)); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

func appendFields(b []byte, v reflect.Value) ([]byte, error) {
	t := v.Type()
	b = append(b, '{')
	first := true
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("json") == "-" || isZero(v.Field(i)) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, '"')
		b = append(b, f.Name...)
		b = append(b, `":`...)
		var err error
		if b, err = appendValue(b, v.Field(i)); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

// isZero tells -0 from 0, which reflect does not in every struct.
func isZero(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Float64:
		return math.Float64bits(v.Float()) == 0
	case reflect.Struct:
		for i := range v.NumField() {
			if !isZero(v.Field(i)) {
				return false
			}
		}
		return true
	}
	return v.IsZero()
}

// The floats that JSON has no number for.
const (
	notANumber = "NaN"
	infinity   = "Infinity"
)

func appendFloat(b []byte, x float64) []byte {
	switch {
	case math.IsNaN(x):
		return append(b, `"`+notANumber+`"`...)
	case math.IsInf(x, 1):
		return append(b, `"`+infinity+`"`...)
	case math.IsInf(x, -1):
		return append(b, `"-`+infinity+`"`...)
	}
	return strconv.AppendFloat(b, x, 'g', -1, 64)
}

const hexDigits = "0123456789abcdef"

func appendText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		b = append(b, `{"base64":"`...)
		b = base64.StdEncoding.AppendEncode(b, []byte(s))
		return append(b, `"}`...)
	}
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		from = i + 1
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}
