package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
)

const (
	enterprise = iota
	midMarket
	smallBusiness
	segments
)

var (
	segmentNames = [segments]string{"enterprise", "mid-market", "smb"}
	segmentShare = []float64{.14, .34, .52}
	tierNames    = []string{"basic", "standard", "premium"}
	tierShare    = [segments][]float64{{.05, .35, .60}, {.25, .55, .20}, {.70, .28, .02}}
	regions      = []string{"AMER", "EMEA", "APAC"}
	regionShare  = []float64{.50, .33, .17}

	// Seats are lognormal with a Pareto tail; a seat's monthly price is
	// lognormal too. Their product is the account's ARR.
	seatMedian = [segments]float64{210, 55, 11}
	seatSpread = [segments]float64{.75, .65, .60}
	seatPrice  = [segments]float64{42, 48, 44}

	noticeOf   = [segments]int{90, 60, 30}
	features   = []int{14, 24, 36} // in the plan, by tier
	products   = []string{"Core", "Insights", "Automation", "Connect"}
	ownProduct = [segments][]float64{{.30, .35, .22, .13}, {.55, .30, .12, .03}, {.82, .16, .02, 0}} // 1 to 4 products
	// The levels of financial health above which a contract is longer than a year
	// and below which it rolls from month to month.
	longTerm  = [segments]float64{.75, 1.15, 1.7}
	rollTerm  = [segments]float64{-1.9, -1.1, -.2}
	prospects = []float64{.955, .028, .005, .007, .005} // as stages
)

// Lifecycle stages as exported.
const (
	stageCustomer = iota
	stageTrial
	stageFree
	stageInternal
	stageTest
	stageChurned
)

var stageNames = []string{"customer", "trial", "free", "internal", "test", "churned"}

// account is one account with everything that is exported about it.
type account struct {
	number  int
	id, crm string
	former  string // id of a record that was merged into this one, "" for none
	cutover int32  // day from which the help desk uses the account's own id
	name    string
	parent  string
	segment int
	tier    int
	region  int
	trade   string
	owner   int // index into owners[segment]; -1 for none
	stage   int
	start   int32
	ends    int32 // last day of service, none while unknown
	notice  int32 // day notice was given, none while unknown

	currency  string
	fx        float64 // currency units per USD when the account was priced
	products  int
	price     float64 // per seat and month, in the account's currency
	strategic bool
	legal     bool
	merger    int32 // day a merger became known, none if there is none

	health  [pillars][]float64 // the latents, by week of the world
	seats   []seatChange
	terms   []term
	owned   []subscription
	renewal int32
	months  int // contract term today; 1 is rolling monthly

	losses        []loss
	plays         []playRun
	opportunities []opportunity

	champion []int32 // days on which events made the champion leave

	usage    []usageDay // from usageOf onwards, one a day
	usageOf  int32
	reports  reporting
	gaps     gaps
	tickets  []ticket
	invoices []invoice
	contacts []contact
	surveys  []response
	meetings []meeting
	pulses   []rating
	notes    []note
	snoozes  []snooze
}

// none is the null day.
const none int32 = math.MinInt32

// reporting says what an account's instrumentation leaves out.
type reporting struct {
	noUsage, noSeats, noFeatures, noCSAT, noSurveys, noContacts bool
}

// gaps are the fields of the account's master record that nobody filled in.
type gaps struct{ tier, industry, region, notice bool }

type seatChange struct {
	day   int32
	seats int
}

// cluster is the number of neighbouring accounts that may belong to one group;
// the first of a cluster is its possible parent, and always a customer.
const cluster = 20

func accountID(number int) string { return fmt.Sprintf("%08d", 10_000+number*7) }

// formerID is an id that no account bears.
func formerID(number int) string { return fmt.Sprintf("%08d", 10_000+number*7+3) }

// newAccount draws everything that is settled when an account signs.
func (w *world) newAccount(number int) *account {
	r := w.generator(forProfile, number)
	name, trade := accountName(uint64(number) + w.opt.Seed*1_000_003)
	a := &account{
		number: number, id: accountID(number), crm: crmID(w.opt.Seed, number), name: name, trade: trade,
		segment: pick(r, segmentShare), region: pick(r, regionShare), stage: pick(r, prospects),
		ends: none, notice: none, merger: none, currency: "USD", fx: 1,
	}
	if s := w.generator(forMerged, number); a.stage == stageCustomer && chance(s, .01) {
		a.former, a.cutover = formerID(number), w.last-int32(between(s, 30, 120))
	}
	if number%cluster == 0 {
		a.stage = stageCustomer
	} else if chance(r, .05) {
		a.parent = accountID(number - number%cluster)
	}
	a.tier = pick(r, tierShare[a.segment])
	a.owner = w.ownerFor(r, a.segment)
	a.start = w.startFor(r)
	if a.stage != stageCustomer {
		a.start = friendly(w.last - int32(r.IntN(60)))
		if a.stage != stageTrial {
			a.start = friendly(w.first + int32(r.IntN(int(w.last-w.first)-40)))
		}
	}
	if chance(r, w.opt.Foreign) {
		c := r.IntN(len(foreign))
		a.currency, a.fx = foreign[c].code, 1/foreign[c].rate
	}
	seats := seatMedian[a.segment] * math.Exp(seatSpread[a.segment]*r.NormFloat64())
	if chance(r, .05) {
		seats *= math.Min(math.Pow(1-r.Float64(), -1/1.6), 30) // Pareto, alpha 1.6
	}
	a.seats = []seatChange{{a.start, max(3, int(seats))}}
	a.price = seatPrice[a.segment] * math.Exp(.28*r.NormFloat64()) * (.85 + .15*float64(a.tier)) * a.fx
	a.products = 1 + pick(r, ownProduct[a.segment])
	a.strategic = a.segment == enterprise && chance(r, .25)
	a.reports = reporting{
		noUsage: chance(r, .02), noSeats: chance(r, .05), noFeatures: chance(r, .04), noCSAT: chance(r, .06),
		noSurveys: chance(r, .10), noContacts: chance(r, .02),
	}
	a.gaps = gaps{tier: chance(r, .03), industry: chance(r, .02), region: chance(r, .01), notice: chance(r, .08)}
	return a
}

// startFor draws the first day as a customer: most accounts are older than the
// exports, the others sign through time.
func (w *world) startFor(r *rand.Rand) int32 {
	if chance(r, .64) {
		return friendly(w.usage - 20 - int32(math.Min(r.ExpFloat64()*800, 3200)))
	}
	return friendly(w.usage + int32(r.IntN(int(w.last-w.usage)-4)))
}

func (w *world) ownerFor(r *rand.Rand, segment int) int {
	n := len(owners[segment])
	switch {
	case chance(r, .012):
		return -1
	case segment == smallBusiness && chance(r, .45):
		return n - 1
	}
	return r.IntN(n)
}

// crmID makes an 18-character key like those of a CRM.
func crmID(seed uint64, number int) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	b := []byte("001")
	for x := scramble(seed<<32 ^ uint64(number)); len(b) < 12; x /= 62 {
		b = append(b, digits[x%62])
	}
	return fmt.Sprintf("%s%06d", b, number%1_000_000)
}

// manager returns who looks after the account; empty where nobody does.
func (a *account) manager() owner {
	if a.owner < 0 {
		return owner{}
	}
	return owners[a.segment][a.owner]
}

// seatsOn returns the seats paid for on a day.
func (a *account) seatsOn(d int32) int {
	n := a.seats[0].seats
	for _, c := range a.seats[1:] {
		if c.day > d {
			break
		}
		n = c.seats
	}
	return n
}

// served reports whether the account is a customer on a day.
func (a *account) served(d int32) bool { return d >= a.start && (a.ends == none || d <= a.ends) }

// lastDay is the last day of service that the exports know of.
func (a *account) lastDay(last int32) int32 {
	if a.ends != none {
		return min(a.ends, last)
	}
	return last
}

// foreign currencies with the rate to USD at which plans are made.
var foreign = []struct {
	code string
	rate float64
}{{"EUR", 1.10}, {"GBP", 1.28}}
