package calibrate

// likelihoodRatio is the chi-square, k degrees of freedom, of all pillars against
// the intercepts alone on the same rows, 0 if the latter cannot be fitted.
func likelihoodRatio(d *design, e *estimate) float64 {
	base := *d
	base.k, base.x = 0, nil
	f := newFitter(&base)
	if !f.prepare(&base, nil) {
		return 0
	}
	if status, _ := f.fit(&base, nil, unbounded, exact); status != converged {
		return 0
	}
	return 2 * (f.loss - e.loss)
}
