package calibrate

import (
	"context"
	"math"

	"accounthealth/calibrate/assess"
)

// Ridge is the alternative to shrinking by the evidence: slopes beta >= 0 that
// minimise
//
//	-log-likelihood + lambda/2 sum_k (s_k (beta_k - w0_k sum(beta)))^2
//
// with s_k the pillar's standard deviation: lambda 0 takes the free weights, an
// infinite lambda keeps the current ones. Lambda is the largest whose log loss,
// over folds by account, is within one paired standard error of the best (T.
// Hastie et al., The Elements of Statistical Learning (2009) 7.10). It is for
// comparison: the decision is taken on the shrunk weights.
type Ridge struct {
	OK     bool         `json:"ok"`
	Why    string       `json:"why,omitempty"`
	Folds  int          `json:"folds"`
	Path   []RidgeStep  `json:"path"`   // by ascending lambda, the current weights last
	Best   int          `json:"best"`   // index into Path: lowest log loss
	Chosen int          `json:"chosen"` // index into Path: one-standard-error rule
	Time   []Comparison `json:"out_of_time"`
	// TimeWhy says why there is no out-of-time split.
	TimeWhy string `json:"out_of_time_why,omitempty"`
}

// RidgeStep is one lambda.
type RidgeStep struct {
	Lambda  float64       `json:"lambda"`
	Current bool          `json:"current"` // the current weights: lambda is infinite, and given as 0
	Weights []float64     `json:"weights"` // on all rows, under Options.Intercepts
	LogLoss assess.Number `json:"log_loss"`
	AUC     assess.Number `json:"auc"`
	// Behind is the mean loss over the best step's, SE its paired standard error.
	Behind float64 `json:"behind"`
	SE     float64 `json:"se"`
}

// ridgePath are the lambdas tried; the current weights follow.
var ridgePath = []float64{0, 1, 10, 30, 100, 300, 1000, 3000, 1e4, 1e5}

// ridgePenalty is lambda M'M for M = diag(s)(I - w0 1') in standardised slopes.
func ridgePenalty(d *design, w0 []float64, lambda float64) []float64 {
	k := d.k
	m, q := make([]float64, k*k), make([]float64, k*k)
	for i := range k {
		for j := range k {
			m[i*k+j] = -w0[i] * d.sd[i] / d.sd[j]
		}
		m[i*k+i]++
	}
	for i := range k {
		for j := range k {
			for l := range k {
				q[i*k+j] += lambda * m[l*k+i] * m[l*k+j]
			}
		}
	}
	return q
}

// ridgeFit is one penalised fit: logit P = intercept - sum_k beta_k x_k, the
// intercept being that of the first cell.
type ridgeFit struct {
	intercept float64
	beta      []float64
	loglik    float64
}

// weights are beta over its sum; w0 where no pillar is protective.
func (r ridgeFit) weights(w0 []float64) []float64 {
	out, sum := make([]float64, len(w0)), 0.0
	for _, b := range r.beta {
		sum += b
	}
	for i, b := range r.beta {
		out[i] = w0[i]
		if sum > 0 {
			out[i] = b / sum
		}
	}
	return out
}

// fitRidge fits one lambda; an infinite one is the current weights with their own
// slope; false where a pillar does not vary or the fit does not converge.
func fitRidge(d *design, w0 []float64, lambda float64) (ridgeFit, bool) {
	for _, sd := range d.sd {
		if sd == 0 {
			return ridgeFit{}, false
		}
	}
	if math.IsInf(lambda, 1) {
		return fitCurrent(d, w0)
	}
	f := newFitter(d)
	f.penalty = ridgePenalty(d, w0, lambda)
	if !f.prepare(d, nil) {
		return ridgeFit{}, false
	}
	if status, _ := f.fit(d, nil, nonNegative, exact); status != converged {
		return ridgeFit{}, false
	}
	r := ridgeFit{intercept: f.a[0] + f.a[d.segments], beta: make([]float64, d.k), loglik: -f.loss}
	for i, b := range f.b {
		r.beta[i] = b / d.sd[i]
		r.intercept += r.beta[i] * d.mean[i]
		for j, c := range f.b {
			r.loglik += b * f.penalty[i*d.k+j] * c / 2
		}
	}
	return r, true
}

// fitCurrent fits the slope of the composite under w0, at least 0.
func fitCurrent(d *design, w0 []float64) (ridgeFit, bool) {
	one := *d
	one.k, one.x, one.mean, one.sd = 1, make([]float64, len(d.row)), []float64{0}, []float64{1}
	shift := 0.0
	for k, w := range w0 {
		shift += w * d.mean[k]
	}
	for j := range d.row {
		for k, w := range w0 {
			one.x[j] += w * d.sd[k] * d.x[j*d.k+k]
		}
	}
	f := newFitter(&one)
	if !f.prepare(&one, nil) {
		return ridgeFit{}, false
	}
	if status, _ := f.fit(&one, nil, nonNegative, exact); status != converged {
		return ridgeFit{}, false
	}
	r := ridgeFit{intercept: f.a[0] + f.a[one.segments] + f.b[0]*shift, loglik: -f.loss}
	for _, w := range w0 {
		r.beta = append(r.beta, f.b[0]*w)
	}
	return r, true
}

// ridge tries the path on folds by account and on the last date.
func (s *subject) ridge(ctx context.Context, o Options) (*Ridge, error) {
	out := &Ridge{Folds: o.Folds, Path: []RidgeStep{}, Time: []Comparison{}, Why: s.why}
	if out.Why == "" && distinct(s.d.account) < o.Folds {
		out.Why = "there are fewer accounts than folds"
	}
	if out.Why != "" {
		return out, nil
	}
	fold := folds(s.f, s.d, o.Folds, o.Seed)
	of := make([]int32, len(s.d.row))
	for j, a := range s.d.account {
		of[j] = fold[a]
	}
	losses, err := s.ridgeLosses(ctx, of, o.Folds, out)
	if err != nil || out.Why != "" {
		return out, err
	}
	out.choose(losses)
	for j := range out.Path {
		step := &out.Path[j]
		r, ok := fitRidge(s.d, s.to, pathLambda(j))
		if !ok {
			out.Why = "a fit of the path did not converge"
			return out, nil
		}
		step.Weights = s.expand(r.weights(s.to))
	}
	out.OK = true
	s.outOfTime(out)
	return out, nil
}

// pathLambda is the j-th lambda, infinite after the last.
func pathLambda(j int) float64 {
	if j < len(ridgePath) {
		return ridgePath[j]
	}
	return math.Inf(1)
}

// ridgeLosses fills the path's out-of-fold figures, of[j] being the fold of
// design row j, and returns each step's loss per row. Held-out rows are predicted
// with one common intercept. Lambda is scaled by the share of rows fitted on.
func (s *subject) ridgeLosses(ctx context.Context, of []int32, n int, out *Ridge) ([][]float64, error) {
	columns := s.columns()
	steps := len(ridgePath) + 1
	eta := make([][]float64, steps)
	for j := range eta {
		eta[j] = make([]float64, len(of))
	}
	for k := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var train []int32
		for i, row := range s.d.row {
			if of[i] != int32(k) {
				train = append(train, row)
			}
		}
		d := newDesign(s.f, columns, train, Single)
		for j := range steps {
			r, ok := fitRidge(d, s.to, pathLambda(j)*float64(len(train))/float64(len(of)))
			if !ok {
				out.Why = "a fold's fit did not converge"
				return nil, nil
			}
			for i, row := range s.d.row {
				if of[i] == int32(k) {
					eta[j][i] = r.at(columns, row)
				}
			}
		}
	}
	var losses [][]float64
	for j := range steps {
		p, loss, score := make([]float64, len(of)), make([]float64, len(of)), make([]float64, len(of))
		for i, e := range eta[j] {
			p[i], score[i] = 1/(1+math.Exp(-e)), -e
			loss[i] = max(e, 0) + math.Log1p(math.Exp(-math.Abs(e)))
			if s.d.churned[i] {
				loss[i] -= e
			}
		}
		step := RidgeStep{Lambda: pathLambda(j), LogLoss: assess.LogLoss(p, s.d.churned, nil), AUC: assess.AUC(score, s.d.churned)}
		if step.Current = math.IsInf(step.Lambda, 1); step.Current {
			step.Lambda = 0
		}
		out.Path, losses = append(out.Path, step), append(losses, loss)
	}
	return losses, nil
}

// columns are the fitted pillars by frame row.
func (s *subject) columns() [][]float64 {
	var x [][]float64
	for _, k := range s.fitted {
		x = append(x, s.f.X[k])
	}
	return x
}

func (r ridgeFit) at(columns [][]float64, row int32) float64 {
	eta := r.intercept
	for k, b := range r.beta {
		eta -= b * columns[k][row]
	}
	return eta
}

// choose finds the best step and the last one that is within a paired standard
// error of it.
func (r *Ridge) choose(losses [][]float64) {
	for j, step := range r.Path {
		if step.LogLoss.Value < r.Path[r.Best].LogLoss.Value {
			r.Best = j
		}
	}
	for j := range r.Path {
		diff := make([]float64, len(losses[j]))
		var sum float64
		for i, l := range losses[j] {
			diff[i] = l - losses[r.Best][i]
			sum += diff[i]
		}
		n := float64(len(diff))
		r.Path[j].Behind, r.Path[j].SE = sum/n, deviation(diff)/math.Sqrt(n)
		if r.Path[j].Behind <= r.Path[j].SE {
			r.Chosen = j
		}
	}
}

// outOfTime fits the chosen lambda and the current weights on all dates but the
// last and compares them there.
func (s *subject) outOfTime(out *Ridge) {
	last := int32(-1)
	for _, row := range s.d.row {
		last = max(last, s.f.period[row])
	}
	var train, test []int32
	var churned []bool
	for _, row := range s.d.row {
		if s.f.period[row] < last {
			train = append(train, row)
		} else {
			test, churned = append(test, row), append(churned, s.f.Y[row])
		}
	}
	columns := s.columns()
	if len(train) == 0 {
		out.TimeWhy = "there is one date"
		return
	}
	share := float64(len(train)) / float64(len(s.d.row))
	d := newDesign(s.f, columns, train, Single)
	chosen, ok1 := fitRidge(d, s.to, pathLambda(out.Chosen)*share)
	current, ok2 := fitRidge(d, s.to, math.Inf(1))
	if !ok1 || !ok2 {
		out.TimeWhy = "the dates before the last cannot be fitted"
		return
	}
	figures := func(r ridgeFit) (loss, auc assess.Number) {
		p, score := make([]float64, len(test)), make([]float64, len(test))
		for j, row := range test {
			eta := r.at(columns, row)
			p[j], score[j] = 1/(1+math.Exp(-eta)), -eta
		}
		return assess.LogLoss(p, churned, nil), assess.AUC(score, churned)
	}
	loss0, auc0 := figures(current)
	loss1, auc1 := figures(chosen)
	out.Time = append(out.Time, compare("log loss", loss0, loss1), compare("AUC", auc0, auc1))
}

// fittedChurned counts the churned rows of a subject in cells with a contrast.
func fittedChurned(s *subject) int {
	f := newFitter(s.d)
	if !f.prepare(s.d, nil) {
		return 0
	}
	return int(f.churned)
}
