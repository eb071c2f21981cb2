package reports

import "accounthealth/internal/portfolio"

// migration shows where the accounts of every status went.
func (p *portfolioBook) migration() {
	m := p.r.Migration
	g := p.page(sheetMigration, presentation, 20, 13, 13, 13, 13, 13, 13, 13, 14, 14)
	g.title("Migration", "From "+dayText(m.From)+" to "+dayText(m.To)+"   |   rows: status then, restated under the framework in force now; columns: status now")
	g.callout("Of the accounts with a status on both days " + grouped(float64(m.Same)) + " kept it, with " + p.sum(m.SameARR) + " of ARR; " +
		grouped(float64(m.Better)) + " are better, with " + p.sum(m.BetterARR) + "; " + grouped(float64(m.Worse)) + " are worse, with " + p.sum(m.WorseARR) + ".")
	g.gap(1)

	g.section("Accounts", "")
	rows := make([]int, len(m.Rows))
	for i := range rows {
		rows[i] = i
	}
	const totalRow = -1
	label := func(r int) value {
		if r == totalRow {
			return str("All, now")
		}
		return str(m.Rows[r])
	}
	accounts := table[int]{name: "Migration_accounts", bare: true, rows: rows, total: []int{totalRow}, cols: []col[int]{{head: "Was", as: asBand, get: label}}}
	for c, name := range m.Columns {
		accounts.cols = append(accounts.cols, col[int]{head: "Now: " + name, as: asCount, heat: true, get: func(r int) value {
			if r == totalRow {
				return count(m.ColumnCounts[c])
			}
			return count(m.Accounts[r][c])
		}})
	}
	accounts.cols = append(accounts.cols, []col[int]{
		{head: "Together", as: asCount, help: "Accounts of the status then; of new ones, those that pay now.", get: func(r int) value {
			if r == totalRow {
				return value{}
			}
			return count(m.RowAccounts[r])
		}},
		{head: "Churned, of them", as: asPercent, get: func(r int) value {
			if r == totalRow || m.Rows[r] == portfolio.NewState {
				return value{} // new accounts did not pay then: none of them can have churned
			}
			return enough(m.Churned[r], float64(m.RowAccounts[r]))
		}},
	}...)
	put(g, accounts)
	g.gap(1)

	g.section("ARR"+p.money, "What the accounts paid on the earlier day; of new accounts, what they pay now.")
	arr := table[int]{name: "Migration_ARR", bare: true, rows: rows, cols: []col[int]{{head: "Was", as: asBand, get: label}}}
	for c, name := range m.Columns {
		arr.cols = append(arr.cols, col[int]{head: "Now: " + name, as: asMoney, heat: true, get: func(r int) value { return num(m.ARR[r][c]) }})
	}
	arr.cols = append(arr.cols, col[int]{head: "Together", as: asMoney, get: func(r int) value { return num(m.RowARR[r]) }})
	put(g, arr)
	g.gap(1)
	g.footnote("Churned: paid then and pays nothing now. In notice: has decided to leave and still pays. New: pays now and did not then; accounts won back are among them. Darker cells hold more.")
	g.footnote(fewNote)
	g.pages(1)
	g.freeze(3, 4)
	g.seal()
}
