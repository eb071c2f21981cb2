package portfolio

import "accounthealth/internal/population"

// Migration says where the accounts of each status went: rows are what they were
// on the earlier day, columns what they are now. Row sums are the earlier day's
// figures, column sums today's.
type Migration struct {
	From, To      int32
	Rows, Columns []string // statuses best first; then the states without one
	Accounts      [][]int64
	// ARR is what the accounts paid on the earlier day; of accounts that did not
	// pay then, what they pay now.
	ARR          [][]float64
	RowAccounts  []int64
	RowARR       []float64
	Churned      []Figure // by row: share of its accounts that no longer pay
	Same         int64    // accounts in the same status on both days
	Better       int64
	Worse        int64
	SameARR      float64
	BetterARR    float64
	WorseARR     float64
	ColumnCounts []int64
}

// The states beside the statuses.
const (
	notScoredState = "Not scored"
	inNoticeState  = "In notice"
	churnedState   = "Churned"
	NewState       = "New"
)

// migrate follows every account that pays on either day.
func migrate(in Input) *Migration {
	if in.Prior == nil {
		return nil
	}
	was, is := in.Prior, &in.Now
	m := &Migration{From: was.View.AsOf, To: is.View.AsOf}
	bands := len(in.Plan.Rules[0].Bands)
	for _, b := range in.Plan.Rules[0].Bands {
		m.Rows, m.Columns = append(m.Rows, b.Name), append(m.Columns, b.Name)
	}
	m.Rows = append(m.Rows, notScoredState, inNoticeState, NewState)
	m.Columns = append(m.Columns, notScoredState, inNoticeState, churnedState)
	state := func(s *Scored, i int) int {
		switch c := s.View.Class[i]; {
		case !c.Pays():
			return bands + 2
		case c == population.InNotice:
			return bands + 1
		case !s.counted(i):
			return bands
		}
		return int(s.Result.Status[i])
	}
	arr := make([][]cents, len(m.Rows))
	for r := range m.Rows {
		m.Accounts = append(m.Accounts, make([]int64, len(m.Columns)))
		arr[r] = make([]cents, len(m.Columns))
	}
	var same, better, worse cents
	for i := range is.View.Class {
		from, to := state(was, i), state(is, i)
		if from == bands+2 && to == bands+2 {
			continue
		}
		v := was.View.ARR[i]
		if from == bands+2 {
			v = is.View.ARR[i]
		}
		m.Accounts[from][to]++
		arr[from][to].add(v)
		switch {
		case from >= bands || to >= bands:
		case from == to:
			m.Same++
			same.add(v)
		case to < from:
			m.Better++
			better.add(v)
		default:
			m.Worse++
			worse.add(v)
		}
	}
	m.SameARR, m.BetterARR, m.WorseARR = same.float(), better.float(), worse.float()
	m.ColumnCounts = make([]int64, len(m.Columns))
	for r := range m.Rows {
		row := make([]float64, len(m.Columns))
		var total cents
		var n int64
		for c := range m.Columns {
			row[c] = arr[r][c].float()
			total += arr[r][c]
			n += m.Accounts[r][c]
			m.ColumnCounts[c] += m.Accounts[r][c]
		}
		m.ARR = append(m.ARR, row)
		m.RowAccounts, m.RowARR = append(m.RowAccounts, n), append(m.RowARR, total.float())
		m.Churned = append(m.Churned, rate(float64(m.Accounts[r][bands+2]), float64(n)))
	}
	return m
}
