package signal

import (
	"math"
	"slices"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/source"
)

// currencyColumn names the currency of a row's amounts, in a source that has it.
const currencyColumn = "currency"

// exchange turns the amounts of a source whose rows name a currency into the
// reporting currency, at the rates that the population's ARR is converted at.
type exchange struct {
	currency int // position; -1 where rows name none or no amount is read
	amounts  []amounts
	rate     []float64 // by row; NaN where there is none
	dict     *intake.Dict
	rates    []float64 // by code
}

// amounts is a column of them.
type amounts struct {
	column    int
	stated    []float64 // as the rows say
	status    []intake.Status
	converted []float64
}

// bindExchange finds the amounts that the pass reads.
func (p *pass) bindExchange() {
	x := &p.exchange
	x.currency = p.position(currencyColumn)
	for k, name := range p.reading {
		if c, _ := p.in.Column(name); x.currency >= 0 && c.Role == source.Money {
			x.amounts = append(x.amounts, amounts{column: k})
		}
	}
	if len(x.amounts) == 0 {
		x.currency = -1
	}
}

// convert replaces the amounts of a batch. One in a currency without a rate cannot
// be used, and is counted.
func (p *pass) convert(b *intake.Batch) {
	x := &p.exchange
	if x.currency < 0 {
		return
	}
	p.rowRates(b, &b.Columns[x.currency])
	for a := range x.amounts {
		m := &x.amounts[a]
		c := &b.Columns[m.column]
		m.stated, m.status = c.Numbers, append(m.status[:0], c.Status...)
		m.converted = grow(m.converted, b.Len)
		for i := range b.Len {
			m.converted[i] = c.Numbers[i] * x.rate[i]
			if c.Status[i] == intake.Known && math.IsNaN(x.rate[i]) {
				c.Status[i] = intake.Bad
				if p.window.acct[i] >= 0 {
					b.Note(diag.NoRate, currencyColumn, i, b.Columns[x.currency].Value(i))
				}
			}
		}
		c.Numbers = m.converted
	}
}

// rowRates fills the rates of a batch's rows: 1 where they name no currency.
func (p *pass) rowRates(b *intake.Batch, c *intake.Column) {
	x := &p.exchange
	if x.dict != c.Dict {
		x.dict, x.rates = c.Dict, make([]float64, len(c.Dict.Words))
		for i, w := range c.Dict.Words {
			x.rates[i] = p.req.Table.Rate(w)
		}
	}
	x.rate = grow(x.rate, b.Len)
	for i := range b.Len {
		if x.rate[i] = 1; c.Status[i] == intake.Known {
			x.rate[i] = x.rates[c.Codes[i]]
		}
	}
}

// stated writes an amount as its row says it, and in the reporting currency where
// that is another.
func (p *pass) stated(b *intake.Batch, k, i int) (cells []Cell, ok bool) {
	x := &p.exchange
	a := slices.IndexFunc(x.amounts, func(m amounts) bool { return m.column == k })
	if a < 0 || x.rate[i] == 1 || x.amounts[a].status[i] != intake.Known {
		return nil, false
	}
	c, m := &b.Columns[k], &x.amounts[a]
	in := Cell{Column: c.Name + " in " + p.req.Table.ReportedIn(), Status: c.Status[i]}
	if in.Status == intake.Known {
		in.Value = c.Value(i)
	}
	return []Cell{
		{Column: c.Name, Value: intake.FormatNumber(m.stated[i])},
		{Column: currencyColumn, Value: b.Columns[x.currency].Value(i)},
		in,
	}, true
}
