package settings

import (
	"strings"

	"accounthealth/internal/yamlfile"
)

// Store says how buckets are reached.
type Store struct {
	Address   string // s3, azblob, s3://bucket, azblob://account or azblob://account/container
	Endpoint  string // host:port or a URL; "" is the public cloud's
	Region    string
	PathStyle *bool // the bucket's name is in the path, not the host; nil follows the endpoint
	Insecure  bool  // http where the endpoint does not say https
}

// stores reads the section, in the order of the file.
func stores(n *yamlfile.Node) []Store {
	var out []Store
	for address, item := range n.Pairs() {
		s := Store{Address: address}
		if scheme, rest, ok := strings.Cut(address, "://"); scheme != "s3" && scheme != "azblob" || ok && rest == "" {
			item.ProblemAtKey("write s3, azblob, s3://BUCKET, azblob://ACCOUNT or azblob://ACCOUNT/CONTAINER", "unknown store %q", address)
		}
		text(item, "endpoint", &s.Endpoint)
		text(item, "region", &s.Region)
		if f := item.Field("path_style"); f.Present() {
			v := f.Bool()
			s.PathStyle = &v
		}
		if f := item.Field("insecure"); f.Present() {
			s.Insecure = f.Bool()
			if s.Insecure && strings.HasPrefix(s.Endpoint, "https://") {
				f.Problem("remove one of them", "insecure contradicts the https endpoint")
			}
		}
		item.Done()
		out = append(out, s)
	}
	return out
}
