package assess

import "math"

// Bands is a set of cut-offs found by ThresholdSearch: band j is the scores in
// [Cuts[j-1], Cuts[j]), riskiest first.
type Bands struct {
	Cuts   []int   `json:"cuts"`
	Rates  []Rate  `json:"rates"`   // one more than cuts
	LogLik float64 `json:"log_lik"` // binomial, of one rate a band
	OK     bool    `json:"ok"`
	Why    string  `json:"why,omitempty"`
}

// maxCuts bounds the exhaustive search: 4 cuts are four million sets.
const maxCuts = 4

// ThresholdSearch tries every set of whole-number cut-offs of a 0-100 score and
// returns the one whose bands, each with its own churn rate, are likeliest, among
// those in which every band has at least minN rows and minEvents churned rows and
// the rate falls strictly from band to band. Of equal sets the first in
// lexicographic order wins. Undefined for other than 1 to 4 cuts, scores outside
// 0 to 100, or where no set qualifies.
func ThresholdSearch(score []float64, churned []bool, cuts, minN, minEvents int) Bands {
	if _, _, why := outcomes(score, churned); why != "" {
		return Bands{Why: why}
	}
	if cuts < 1 || cuts > maxCuts {
		return Bands{Why: "the search takes one to four cut-offs"}
	}
	s := search{cuts: cuts, minN: max(1, minN), minEvents: minEvents, at: make([]int, cuts), best: math.Inf(-1)}
	for i, v := range score {
		if v < 0 || v > 100 {
			return Bands{Why: "a score is outside 0 to 100"}
		}
		at := int(v) + 1
		s.n[at]++
		if churned[i] {
			s.e[at]++
		}
	}
	for j := 1; j < len(s.n); j++ {
		s.n[j] += s.n[j-1]
		s.e[j] += s.e[j-1]
	}
	s.walk(0, 0, 0, 0, 0)
	if s.found == nil {
		return Bands{Why: "no cut-offs give every band enough rows and churned rows at falling rates"}
	}
	b := Bands{Cuts: s.found, LogLik: s.best, OK: true}
	from := 0
	for j := range cuts + 1 {
		to := 101
		if j < cuts {
			to = s.found[j]
		}
		b.Rates = append(b.Rates, Wilson(s.e[to]-s.e[from], s.n[to]-s.n[from]))
		from = to
	}
	return b
}

// search holds cumulative counts: n[t] rows have a score under t.
type search struct {
	n, e            [102]int
	cuts            int
	minN, minEvents int
	at, found       []int
	best            float64
}

// walk tries every position of cut j after `from`, whose band before it has
// lastN rows and lastE churned rows.
func (s *search) walk(j, from, lastN, lastE int, sum float64) {
	if j == s.cuts {
		if l, ok := s.band(from, 101, lastN, lastE); ok && sum+l > s.best+1e-12 {
			s.best = sum + l
			s.found = append([]int(nil), s.at...)
		}
		return
	}
	for t := from + 1; t <= 100-(s.cuts-1-j); t++ {
		if l, ok := s.band(from, t, lastN, lastE); ok {
			s.at[j] = t
			s.walk(j+1, t, s.n[t]-s.n[from], s.e[t]-s.e[from], sum+l)
		}
	}
}

// band returns the log-likelihood of the scores [from, to), and whether they may
// be a band after one with lastN rows (0: none) and lastE churned rows.
func (s *search) band(from, to, lastN, lastE int) (float64, bool) {
	n, e := s.n[to]-s.n[from], s.e[to]-s.e[from]
	if n < s.minN || e < s.minEvents || lastN > 0 && e*lastN >= lastE*n {
		return 0, false
	}
	return binomial(e, n), true
}

func binomial(e, n int) float64 {
	part := func(a int) float64 {
		if a == 0 {
			return 0
		}
		return float64(a) * math.Log(float64(a)/float64(n))
	}
	return part(e) + part(n-e)
}

// BandLogLik is the log-likelihood of the bands between the given ascending
// cut-offs, to compare with a search's: empty bands add nothing.
func BandLogLik(score []float64, churned []bool, cuts []float64) Number {
	if _, _, why := outcomes(score, churned); why != "" {
		return Undefined(why)
	}
	n, e := make([]int, len(cuts)+1), make([]int, len(cuts)+1)
	for i, v := range score {
		j := 0
		for j < len(cuts) && v >= cuts[j] {
			j++
		}
		n[j]++
		if churned[i] {
			e[j]++
		}
	}
	var sum float64
	for j := range n {
		sum += binomial(e[j], n[j])
	}
	return Defined(sum)
}
