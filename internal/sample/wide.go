package sample

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"runtime"

	"accounthealth/internal/day"
	"accounthealth/internal/warehouse"
)

// The columns of the wide file, by position. The signals bear the names of the
// default framework's, so that one file serves as accounts and as signals.
const (
	wideID = iota
	wideName
	wideSegment
	wideTier
	wideRegion
	wideOwner
	wideARR
	wideStart
	wideRenewal
	wideActivity
	wideAdoption
	wideLogin
	wideUsage
	wideCSAT
	wideEscalations
	wideSentiment
	wideTickets
	wideSpike
	widePayment
	wideGrowth
	wideDowngrade
	wideTerm
	wideSponsor
	wideChampion
	wideNPS
	wideQBR
	wideStakeholder
	wideMerger
)

// wideFields are the 28 columns as a warehouse would unload them: keys and names
// of their own for every account, words with dictionaries, decimals, dates,
// whole and broken numbers, booleans; nulls where a team would have none.
var wideFields = []warehouse.Field{
	wideID:          text("account_id"),
	wideName:        text("account_name"),
	wideSegment:     dict(text("segment")),
	wideTier:        words("tier"),
	wideRegion:      words("region"),
	wideOwner:       words("owner"),
	wideARR:         typed("arr", warehouse.Money),
	wideStart:       dict(typed("start_date", warehouse.Date)),
	wideRenewal:     opt(dict(typed("renewal_date", warehouse.Date))),
	wideActivity:    opt(typed("activity", warehouse.Float64)),
	wideAdoption:    opt(dict(typed("feature_adoption", warehouse.Float64))),
	wideLogin:       opt(dict(typed("days_since_login", warehouse.Int32))),
	wideUsage:       words("usage_trend"),
	wideCSAT:        opt(dict(typed("csat", warehouse.Float64))),
	wideEscalations: words("escalations"),
	wideSentiment:   words("sentiment"),
	wideTickets:     words("ticket_trend"),
	wideSpike:       words("ticket_spike"),
	widePayment:     opt(dict(typed("payment", warehouse.Int32))),
	wideGrowth:      words("growth"),
	wideDowngrade:   typed("downgrade_risk", warehouse.Bool),
	wideTerm:        opt(dict(typed("contract_term", warehouse.Int32))),
	wideSponsor:     words("sponsor"),
	wideChampion:    words("champion"),
	wideNPS:         opt(dict(typed("nps", warehouse.Int32))),
	wideQBR:         words("qbr"),
	wideStakeholder: words("stakeholder"),
	wideMerger:      opt(typed("merger", warehouse.Bool)),
}

// wideBlock is the number of rows that are drawn from one stream.
const wideBlock = 1 << 14

// Wide writes one Parquet file with one row an account to w: the account and
// every signal of the default framework as of Options.End, as one would get it
// by mail. Accounts, Seed and End count; the other options do not. Equal options
// give equal bytes, and memory does not grow with the number of accounts. Errors
// are those of Generate.
func Wide(ctx context.Context, w io.Writer, opt Options) error {
	opt = opt.withDefaults()
	if err := opt.validate(); err != nil {
		return err
	}
	out, err := warehouse.NewWriter(w, wideFields, warehouse.WriterOptions{Codec: warehouse.Snappy})
	if err != nil {
		return err
	}
	blocks := make([]*table, runtime.GOMAXPROCS(0))
	for from := 0; from < opt.Accounts; {
		n := min(len(blocks), (opt.Accounts-from+wideBlock-1)/wideBlock)
		err := inParallel(ctx, n, func(i int) error {
			first := from + i*wideBlock
			blocks[i] = wideRows(opt, first, min(first+wideBlock, opt.Accounts))
			return nil
		})
		if err != nil {
			return err
		}
		for _, t := range blocks[:n] {
			if err := out.Write(t.cols); err != nil {
				return err
			}
		}
		from += n * wideBlock
	}
	return out.Close()
}

// wideRows draws the accounts first..end, of one block.
func wideRows(opt Options, first, end int) *table {
	t := newTable(wideFields)
	t.reserve(end - first)
	r := generator(opt.Seed, forWide, uint64(first/wideBlock))
	for number := first; number < end; number++ {
		t.wideAccount(r, opt)
		t.text(wideID, accountID(number))
		name, _ := accountName(uint64(number) + opt.Seed*1_000_003)
		t.text(wideName, name)
		t.end()
	}
	return t
}

// wideAccount draws everything of an account but its key and name. Four correlated
// latents move the signals of their pillars; the levels at which words change are
// those of the raw exports.
func (t *table) wideAccount(r *rand.Rand, opt Options) {
	var health [pillars]float64
	shared := r.NormFloat64()
	for k := range health {
		health[k] = sharedLoading*shared + math.Sqrt(1-sharedLoading*sharedLoading)*r.NormFloat64()
	}
	segment, region := pick(r, segmentShare), pick(r, regionShare)
	tier := pick(r, tierShare[segment])
	t.text(wideSegment, segmentNames[segment])
	t.text(wideTier, orNone(r, .03, tierNames[tier]))
	t.text(wideRegion, orNone(r, .01, regions[region]))
	// A manager looks after some hundred accounts: large portfolios have many.
	t.text(wideOwner, orNone(r, .012, personName(r.Uint64N(uint64(max(15, min(opt.Accounts/200, 600)))))))
	seats := max(3, int(seatMedian[segment]*math.Exp(seatSpread[segment]*r.NormFloat64())))
	price := seatPrice[segment] * math.Exp(.28*r.NormFloat64()) * (.85 + .15*float64(tier))
	t.whole(wideARR, int64(math.Round(float64(seats)*price*12*100)))

	start := friendly(opt.End - 20 - int32(math.Min(r.ExpFloat64()*900, 3600)))
	months := []int{1, 12, 24, 36}[pick(r, []float64{.12, .63, .15, .10})]
	t.date(wideStart, start)
	renewal := none
	if months > 1 {
		renewal = start
		for terms := 1; renewal <= opt.End; terms++ {
			renewal = day.AddMonths(start, terms*months)
		}
	}
	t.date(wideRenewal, renewal)
	t.maybe(wideTerm, int64(months), !chance(r, .02))

	t.wideProduct(r, health[product], seats, tier)
	t.wideSupport(r, health[support])
	t.wideFinancial(r, health[financial])
	t.wideRelations(r, health[relationship])
	t.flag(wideDowngrade, health[financial] < -1.6)
	t.cols[wideMerger].Bools = append(t.cols[wideMerger].Bools, chance(r, .01))
	t.valid(wideMerger, !chance(r, .05))
}

func (t *table) wideProduct(r *rand.Rand, health float64, seats, tier int) {
	measured := !chance(r, .02)
	share := clamp(activityAt+activitySlope*health, .02, .98)
	active := 0
	for range 20 { // working days
		active += int(draw(r, seats, share))
	}
	t.number(wideActivity, float64(active)/20/float64(seats), measured && !chance(r, .05))
	used := math.Round(float64(features[tier]) * clamp(featuresAt+featuresSlope*health, .05, 1))
	t.number(wideAdoption, used/float64(features[tier]), measured && !chance(r, .04))
	idle := 0
	switch x := health + .6*r.NormFloat64(); {
	case x < darkBelow:
		idle = between(r, 28, 120)
	case x < sporadicBelow:
		idle = between(r, 3, 27)
	default:
		idle = between(r, 0, 4)
	}
	t.maybe(wideLogin, int64(idle), measured)
	trend := "stable"
	switch x := health + 1.2*r.NormFloat64(); {
	case x > 1.3:
		trend = "up"
	case x < -1.2:
		trend = "down"
	}
	t.text(wideUsage, map[bool]string{true: trend}[measured])
}

func (t *table) wideSupport(r *rand.Rand, health float64) {
	answers, sum := 1+r.IntN(6), 0.0
	for range answers {
		sum += clamp(math.Round(csatAt+csatSlope*health+.8*r.NormFloat64()), 1, 5)
	}
	t.number(wideCSAT, sum/float64(answers), !chance(r, .14))
	escalated := "none"
	switch x := health + .5*r.NormFloat64(); {
	case x < openBelow:
		escalated = "open"
	case x < openBelow+.6:
		escalated = "resolved"
	}
	t.text(wideEscalations, escalated)
	mood := "neutral"
	switch {
	case health < negativeBelow:
		mood = "negative"
	case health > positiveAbove:
		mood = "positive"
	}
	t.text(wideSentiment, orNone(r, .18, mood))
	trend, spike := "stable", "stable"
	switch x := .7*r.NormFloat64() - .4*health; {
	case x > 1.4:
		trend, spike = "up", "up"
	case x > .7:
		trend = "up"
	case x < -.7:
		trend = "down"
	}
	t.text(wideTickets, trend)
	t.text(wideSpike, spike)
}

func (t *table) wideFinancial(r *rand.Rand, health float64) {
	late := 0
	switch {
	case health < overdueBelow:
		late = between(r, 30, 150)
	case health < lateBelow && chance(r, .4):
		late = between(r, 1, 45)
	}
	t.maybe(widePayment, int64(late), true)
	growth := "none"
	switch x := health + .8*r.NormFloat64(); {
	case x > upgradeAbove:
		growth = "upgrade_completed"
	case x > expandAbove:
		growth = "expansion_in_discussion"
	}
	t.text(wideGrowth, growth)
}

func (t *table) wideRelations(r *rand.Rand, health float64) {
	sponsor := "active"
	if health < sponsorAbove {
		sponsor = []string{"passive", "none", "gone"}[pick(r, []float64{.6, .25, .15})]
	}
	champion := "engaged"
	switch {
	case health < championLeave:
		champion = "left"
	case health < championAbove:
		champion = []string{"weak", "none"}[pick(r, []float64{.8, .2})]
	}
	t.text(wideSponsor, orNone(r, .02, sponsor))
	t.text(wideChampion, orNone(r, .02, champion))
	t.maybe(wideNPS, int64(clamp(math.Round(npsAt+npsSlope*health+1.1*r.NormFloat64()), 0, 10)), !chance(r, .25))
	review := "sporadic"
	switch x := health + .6*r.NormFloat64(); {
	case x > attendAbove:
		review = "regular"
	case x < meetAbove+.7:
		review = "none"
	}
	t.text(wideQBR, review)
	seat := "in_seat"
	if chance(r, .06) {
		seat = []string{"left", "none"}[r.IntN(2)]
	}
	t.text(wideStakeholder, seat)
}

// orNone leaves a text out with probability p.
func orNone(r *rand.Rand, p float64, s string) string {
	if chance(r, p) {
		return ""
	}
	return s
}
