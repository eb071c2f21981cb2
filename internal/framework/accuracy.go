package framework

import "accounthealth/internal/yamlfile"

// Accuracy is what is asked of the score's accuracy, as shares: an audit says
// where it is worse. It never changes a score.
type Accuracy struct {
	// Recall is the least share of losses that were in an at-risk status.
	Recall float64
	// Lift is the least churn rate of the at-risk statuses over that of all.
	Lift float64
	// Alerts is the largest share of accounts in the at-risk statuses.
	Alerts float64
	// AUC is the least area under the curve.
	AUC float64
	// Monotone asks that churn falls from every status to the next better one.
	Monotone bool
}

// DefaultAccuracy is asked by a framework without an accuracy section: half of
// the losses seen, at twice the average churn, by flagging at most a third.
func DefaultAccuracy() Accuracy {
	return Accuracy{Recall: 0.50, Lift: 2, Alerts: 0.33, AUC: 0.65, Monotone: true}
}

// readAccuracy reads the optional accuracy section over the defaults; 0, or
// false, asks nothing.
func readAccuracy(n *yamlfile.Node) Accuracy {
	a := DefaultAccuracy()
	if !n.Present() {
		return a
	}
	if f := n.Field("recall"); f.Present() {
		a.Recall = f.Share(0, 1)
	}
	if f := n.Field("lift"); f.Present() {
		a.Lift = f.Float(0, 100)
	}
	if f := n.Field("alerts"); f.Present() {
		a.Alerts = f.Share(0, 1)
	}
	if f := n.Field("auc"); f.Present() {
		a.AUC = f.Float(0, 1)
	}
	if f := n.Field("monotone"); f.Present() {
		a.Monotone = f.Bool()
	}
	n.Done()
	return a
}
