package settings

import (
	"bytes"

	"accounthealth/internal/yamlfile"
)

// WithFramework returns a settings file that names another framework, every other
// byte as it was.
func WithFramework(name string, src []byte, framework string) ([]byte, error) {
	root, err := yamlfile.Parse(name, src)
	if err != nil {
		return nil, err
	}
	out := src
	if f := root.Field("framework"); f.Present() {
		if out, err = root.Edited(yamlfile.Edit{At: f, Text: framework}); err != nil {
			return nil, err
		}
	} else {
		out = append(bytes.TrimRight(bytes.Clone(src), "\n"), "\nframework: "+framework+"\n"...)
	}
	_, err = Parse(name, out)
	return out, err
}
