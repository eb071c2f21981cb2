// Package reports lays results out as Excel workbooks: portfolio.xlsx for the
// people who run the business, calibration.xlsx for those who decide about the
// score. It stands at the end of the pipeline and computes nothing: every number
// it prints is a field of a result, and every total, change and share was
// computed by the package that owns it.
//
// A workbook is declared, not drawn. A sheet is a page of blocks (title, tiles,
// tables, charts, notes), a table is a list of columns with a heading, a format
// and a function from a row to a value. Small sheets are laid out by excelize;
// the sheets that grow with the portfolio are framed by excelize and filled row
// by row while the file is being compressed, so that memory does not grow with
// the number of accounts.
//
// The same result gives the same bytes, whatever the machine. Text from the
// warehouse is text, never a formula; a number that is not finite is left blank
// and counted. It refuses a result whose slices contradict each other.
package reports
