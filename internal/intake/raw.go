package intake

import "github.com/apache/arrow/go/v17/arrow"

// Raw is a batch as the warehouse hands it over.
type Raw struct {
	Record   arrow.Record
	File     string
	FirstRow int64
	Invalid  [][]int32
}
