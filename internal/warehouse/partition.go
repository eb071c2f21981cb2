package warehouse

import (
	"net/url"
	"path"
	"strings"
)

// Partition is one Hive key of a file's folders. Null says that the key's value
// is __HIVE_DEFAULT_PARTITION__.
type Partition struct {
	Key, Value string
	Null       bool
}

// hiveNull is how Hive and Spark name the folder of rows whose key is null.
const hiveNull = "__HIVE_DEFAULT_PARTITION__"

// partitionsOf reads the keys of a path's folders, outermost first. Values are
// unescaped as Hive escapes them, which is as in URLs.
func partitionsOf(rel string) []Partition {
	var out []Partition
	for _, folder := range strings.Split(path.Dir(rel), "/") {
		key, value, ok := strings.Cut(folder, "=")
		if !ok || key == "" {
			continue
		}
		p := Partition{Key: unescape(key), Value: unescape(value), Null: value == hiveNull}
		if p.Null {
			p.Value = ""
		}
		out = append(out, p)
	}
	return out
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// companion says whether a file beside the data is known to hold none: the
// manifests and notes that exporters and people leave in a folder.
func companion(rel string) bool {
	name := strings.ToLower(path.Base(rel))
	switch path.Ext(name) {
	case ".manifest", ".json", ".txt", ".md", ".sql", ".log", ".html", ".crc":
		return true
	}
	return name == "manifest"
}
