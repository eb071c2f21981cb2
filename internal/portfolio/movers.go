package portfolio

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"accounthealth/internal/compare"
)

const (
	// moversShown is how many accounts each list of movers names.
	moversShown = 25
	// slippingBy is the fall in tenths from which a green account is named.
	slippingBy = 100
)

// movers splits the accounts that changed status by direction and names the
// largest by ARR.
func movers(in Input) Movers {
	var out Movers
	var up, down, slipping []compare.Move
	var upARR, downARR cents
	for _, m := range in.Moves {
		i := int(m.Row)
		if !in.Now.counted(i) || !in.Prior.counted(i) {
			continue
		}
		switch {
		case m.ToBand < m.FromBand:
			up = append(up, m)
			upARR.add(in.Now.View.ARR[i])
		case m.ToBand > m.FromBand:
			down = append(down, m)
			downARR.add(in.Now.View.ARR[i])
		case in.Now.Result.Band(i).Expand && m.Delta() <= -slippingBy:
			slipping = append(slipping, m)
		}
	}
	out.UpAccounts, out.UpARR = int64(len(up)), upARR.float()
	out.DownAccounts, out.DownARR = int64(len(down)), downARR.float()
	out.Up, out.Down, out.Slipping = in.largest(up), in.largest(down), in.largest(slipping)
	return out
}

func (in Input) largest(moves []compare.Move) []Mover {
	arr := func(m compare.Move) cents { return toCents(in.Now.View.ARR[m.Row]) }
	slices.SortFunc(moves, func(a, b compare.Move) int {
		return cmp.Or(cmp.Compare(arr(b), arr(a)), cmp.Compare(a.Row, b.Row))
	})
	var out []Mover
	for _, m := range moves[:min(len(moves), moversShown)] {
		i := int(m.Row)
		out = append(out, Mover{
			ID: in.Table.ID[i], Name: in.Table.Name[i], Owner: in.Table.Owner[i], Segment: in.Table.Segment[i],
			ARR: arr(m).float(), PriorScore: tenths(m.From), Score: tenths(m.To), Delta: tenths(m.Delta()),
			PriorBand: in.Prior.Result.Band(i).Name, Band: in.Now.Result.Band(i).Name,
			Behaviour: tenths(m.Behaviour), Framework: tenths(m.Framework), Data: tenths(m.Data), Override: tenths(m.Override),
			Why: in.why(m),
		})
	}
	return out
}

func tenths(t int32) float64 { return float64(t) / 10 }

// why names the signals that drove a change, with what each did.
func (in Input) why(m compare.Move) string {
	var parts []string
	for _, d := range m.Drivers {
		sig := &in.Plan.Signals[d.Signal]
		from, to := in.rung(in.Prior, d.Signal, int(m.Row)), in.rung(&in.Now, d.Signal, int(m.Row))
		parts = append(parts, fmt.Sprintf("%s %s → %s (%+.1f)", sig.Label, from, to, d.Points))
	}
	return strings.Join(parts, "; ")
}

// rung names the ladder row a signal is on, or why it has no value.
func (in Input) rung(s *Scored, sig, row int) string {
	if g := s.Result.Rung[sig][row]; g >= 0 {
		return in.Plan.Rules[s.Result.Rules[row]].Ladders[sig][g].Label
	}
	return "unknown"
}
