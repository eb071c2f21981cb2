package reports

import "accounthealth/internal/diag"

// Options are the choices that are about paper and people, not about numbers.
// The zero value is ready: A4, no organisation.
type Options struct {
	// Organisation stands in the titles and the document properties; may be empty.
	Organisation string
	// Letter prints on US Letter instead of A4.
	Letter bool
	// maxRows bounds the data rows of one sheet of accounts, for tests of the
	// continuation sheets; 0 means Excel's own limit.
	maxRows int `json:"-"`
	// placed is told every value that goes into a cell, for tests that read the
	// workbook back.
	placed func(sheet, cell string, v value) `json:"-"`
}

// sheetRows is the number of rows of a worksheet, the header row included.
const sheetRows = 1 << 20

func (o Options) rowsPerSheet() int {
	if o.maxRows > 0 {
		return o.maxRows
	}
	return sheetRows - 1
}

func (o Options) paper() int {
	if o.Letter {
		return 1
	}
	return 9
}

// contradiction reports a result whose parts do not fit together: a defect of
// the caller, never of the exports.
func contradiction(where, format string, args ...any) error {
	return diag.Errorf(diag.Internal, where, "", format, args...)
}
