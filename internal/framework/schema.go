package framework

import (
	"encoding/json"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema returns the JSON Schema (draft 2020-12) of a framework file, for editors:
// every key, what it means, and which values it takes. What only the whole file
// can tell, such as gaps in a ladder or weights that do not sum, is left to Load.
func Schema() ([]byte, error) {
	return json.MarshalIndent(schema(), "", "  ")
}

// object is a map with known keys; needed ones are marked with "!" in front.
func object(what string, keys ...any) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Description: what, Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: none()}
	for i := 0; i < len(keys); i += 2 {
		name := keys[i].(string)
		if name[0] == '!' {
			name = name[1:]
			s.Required = append(s.Required, name)
		}
		s.Properties[name] = keys[i+1].(*jsonschema.Schema)
		s.PropertyOrder = append(s.PropertyOrder, name)
	}
	return s
}

// none accepts nothing.
func none() *jsonschema.Schema { return &jsonschema.Schema{Not: &jsonschema.Schema{}} }

// named is a map whose keys its author chooses.
func named(what, pattern string, of *jsonschema.Schema) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Description: what, AdditionalProperties: of}
	if pattern != "" {
		s.PropertyNames = &jsonschema.Schema{Pattern: pattern}
	}
	return s
}

func ref(def string) *jsonschema.Schema { return &jsonschema.Schema{Ref: "#/$defs/" + def} }

func text(what string) *jsonschema.Schema {
	one := 1
	return &jsonschema.Schema{Type: "string", Description: what, MinLength: &one}
}

func oneOf(what string, words []string) *jsonschema.Schema {
	s := &jsonschema.Schema{Description: what}
	for _, w := range words {
		s.Enum = append(s.Enum, w)
	}
	return s
}

func flag(what string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "boolean", Description: what}
}

func ranged(kind, what string, lo, hi float64) *jsonschema.Schema {
	return &jsonschema.Schema{Type: kind, Description: what, Minimum: &lo, Maximum: &hi}
}

func whole(what string, lo, hi float64) *jsonschema.Schema { return ranged("integer", what, lo, hi) }

func real(what string, lo, hi float64) *jsonschema.Schema { return ranged("number", what, lo, hi) }

// share is 0.3 or 30%.
func share(what string, hi float64) *jsonschema.Schema {
	return either(what, real("", 0, hi), &jsonschema.Schema{Type: "string", Pattern: `^[0-9.]+%$`})
}

// word is any scalar as it is written.
func word(what string) *jsonschema.Schema {
	return &jsonschema.Schema{Types: []string{"string", "number", "boolean"}, Description: what}
}

func list(what string, of *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "array", Description: what, Items: of}
}

// texts is a list of texts, or one text.
func texts(what string) *jsonschema.Schema {
	return either(what, text(""), &jsonschema.Schema{Type: "array", Items: text(""), UniqueItems: true})
}

func either(what string, of ...*jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{Description: what, AnyOf: of}
}

func schema() *jsonschema.Schema {
	name := identifier.String()
	root := object("",
		"!framework", &jsonschema.Schema{Type: "string", Pattern: frameworkName.String(), Description: "name: lower case, digits, - and _"},
		"!version", whole("raise it with every change", 1, 1_000_000),
		"!description", text("one sentence"),
		"!direction", oneOf("high scores are healthy ones", []string{direction}),
		"scale", oneOf("points: a pillar runs from the fewest points to the most; clamp: literal sums, cut off at 0 and 100", scales),
		"missing", object("shares of an account's point range that must be known",
			"!scored_from", share("below: not scored (default 60%)", 1),
			"!healthy_from", share("below: no status that expands (default 75%)", 1)),
		"trend", ref("trend"),
		"!bands", named("the statuses, best first; the last starts at 0", "", ref("band")),
		"sources", named("own sources, and columns added to known ones", name, ref("source")),
		"!signals", named("the measured facts", name, ref("signal")),
		"!pillars", named("the questions; their weights sum to 100%", name, ref("pillar")),
		"caps", named("rules that keep a status down whatever the score is", name, ref("cap")),
		"segments", named("overrides by segment or tier; what is not named is inherited", "", ref("override")),
		"plays", named("what to do, who does it and by when", name, ref("play")),
		"matrix", matrixSchema(),
		"alerts", alertsSchema(),
		"crm", object("what the CRM calls the columns of crm.csv",
			"!system", oneOf("whose field names to use", systems),
			"fields", named("other names, by what the column holds", "", text(""))),
		"cadence", named("recurring reviews", name, ref("review")),
		"checklist", texts("what is looked at every month"),
		"saves", object("what is assumed about saving accounts until enough saves are on record",
			"planning", named("by pillar: the share of losses of that kind that can be turned", name, share("", 1)),
			"from", whole("closed saves from which the observed rate counts (default 20)", 1, 100_000),
			"round_to", share("planning figures are rounded to this (default 5%)", 0.5),
			"listed", whole("save plans in the workbook, most ARR first (default 50)", 0, 10_000)),
		"escalate", object("when a person decides, whatever the play says",
			"products", whole("accounts with at least so many products", 2, 1_000_000),
			"strategic", flag("strategic accounts"),
			"legal_dispute", flag("accounts in a legal or contract dispute"),
			"merger", flag("accounts in a merger or acquisition"),
			"money", flag("accounts whose play may cost money")),
		"audit", auditSchema(),
		"accuracy", object("what is asked of the score's accuracy; 0 asks nothing",
			"recall", share("least share of losses that were in an at-risk status (default 50%)", 1),
			"lift", real("least churn rate of the at-risk statuses over that of all (default 2)", 0, 100),
			"alerts", share("largest share of accounts in the at-risk statuses (default 33%)", 1),
			"auc", real("least area under the curve (default 0.65)", 0, 1),
			"monotone", flag("churn falls from every status to the next better one (default true)")),
	)
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "Account health framework"
	root.Defs = map[string]*jsonschema.Schema{
		"trend": object("change of the score since the previous review, in points",
			"improving", real("this much or more up: Improving; down: Declining (default 10)", 0, 100),
			"stable", real("up to this much either way: Stable (default 5)", 0, 100)),
		"band": object("a status",
			"!from", whole("its lowest whole score", 0, 100),
			"!colour", oneOf("", colours),
			"!action", text("what the status asks for"),
			"at_risk", flag("true for the worst statuses"),
			"expand", flag("true for the best statuses, which need full coverage")),
		"pillar": object("a question",
			"!label", text("for people"),
			"!question", text("for people"),
			"!weight", share("", 1),
			"!signals", list("its signals; every signal is in exactly one pillar", text(""))),
		"cap": object("",
			"!signal", text("the signal"),
			"!when", ref("when"),
			"!at_most", text("the best status left"),
			"!reason", text("in words, a clause")),
		"override": object("",
			"segments", texts("segments it applies to"),
			"tiers", texts("tiers it applies to"),
			"trend", ref("trend"),
			"weights", named("by pillar; with those inherited they sum to 100%", name, share("", 1)),
			"ladders", named("by signal", name, ref("ladder")),
			"bands", named("by status: its lowest whole score", "", whole("", 0, 100)),
			"not_applicable", list("signals left out", text("")),
			"caps", named("set or replaced; off removes an inherited one", name, either("", oneOf("", []string{"off"}), ref("cap")))),
		"play": object("",
			"!label", text("for people"),
			"trigger", text("when it is run, in words"),
			"status", text("the status it answers"),
			"signal", text("the signal it answers"),
			"!owner", text("a role"),
			"!days", whole("deadline", 1, 365),
			"!steps", texts("in order"),
			"assets", texts("what it needs ready"),
			"!kpi", text("how its success is told"),
			"expands", flag("it sells more: only for statuses that expand"),
			"money", flag("it may cost money")),
		"review": object("",
			"!label", text("for people"),
			"!every", oneOf("", rhythms),
			"!owner", text("a role"),
			"!what", text("what is looked at and decided"),
			"by_run", flag("every run does it"),
			"last_done", &jsonschema.Schema{Type: "string", Format: "date", Description: "the day it was last done"}),
		"values": object("", "!signal", text("the signal"), "!when", ref("when")),
		"alert": object("",
			"!label", text("for people"),
			"!on", oneOf("drop: the score fell since the previous review; below_high: it is below its high of the window; worse_status; pillar_drop; event: a signal took one of some values", triggers),
			"points", real("drop, below_high, pillar_drop: by this much or more", 0.1, 100),
			"window", whole("below_high: days", 1, 366),
			"signal", text("event: the signal"),
			"when", ref("when"),
			"!severity", oneOf("", severities[1:]),
			"!channel", text("where it is sent"),
			"!owner", text("a role"),
			"!days", whole("deadline", 0, 365),
			"play", text("the play; the account's own by default"),
			"field", oneOf("the CRM field that changes with it", CRMHolds())),
		"source": object("",
			"!columns", named("its columns by name", name, either("", oneOf("", roleNames()), object("",
				"!role", oneOf("", roleNames()),
				"min", real("least possible number", -1e12, 1e12),
				"max", real("greatest possible number", -1e12, 1e12),
				"help", text("what it holds")))),
			"time", text("the column that dates its rows; needed for a new source"),
			"key", texts("the columns that identify a row")),
		"when": either("a comparison such as \">= 30% and < 50%\", a word, or a list of words", word(""), list("", word(""))),
		"ladder": list("what values are worth, most points first; together the rows hold every value once", object("",
			"!when", ref("when"),
			"points", real("left out for a flag, needed otherwise", -maxPoints, maxPoints),
			"label", text("the row for people"),
			"severity", oneOf("the risk an account on this row runs", severities),
			"risk", text("the risk in words"))),
		"signal":    signalSchema(),
		"aggregate": aggregateSchema("rows of one source as one value", aggFuncs),
		"test":      aggregateSchema("a test of one source's rows", slices.Concat(aggFuncs, []string{"any", "no"}), "at_least", "below"),
		"condition": conditionSchema(),
		"derive":    deriveSchema(operators, ""),
		"basis":     deriveSchema(slices.DeleteFunc(slices.Clone(operators), func(op string) bool { return op == "first_of" }), "basis"),
	}
	return root
}

// each is a map with one schema for every key.
func each(what string, keys []string, of *jsonschema.Schema) *jsonschema.Schema {
	var pairs []any
	for _, k := range keys {
		pairs = append(pairs, "!"+k, of)
	}
	return object(what, pairs...)
}

func matrixSchema() *jsonschema.Schema {
	raised := grades[:len(grades)-1]
	test := object("met in one of the statuses, or with a risk of at least the severity",
		"statuses", list("", text("")), "severity", oneOf("", severities[1:]))
	return object("a play for every place by risk and opportunity",
		"!risk", each("what raises the risk; low is everything else", raised, test),
		"!opportunity", each("what raises the opportunity, any of; low is everything else", raised, list("", ref("values"))),
		"!cells", each("the play of each cell, by risk", grades, each("by opportunity", grades, text("the play"))))
}

func alertsSchema() *jsonschema.Schema {
	return object("when somebody is told",
		"quiet_days", whole("accounts that have been customers for fewer days raise none (default 30)", 0, 3650),
		"shift", object("from when a change is one of the source, not of single accounts",
			"!share", share("share of accounts for which a signal got worse (default 30%)", 1),
			"!accounts", whole("least number of them (default 20)", 1, 1_000_000),
			"owner", text("the role that looks into the source (default Data owner)"),
			"channel", text("where it is told (default message)"),
			"days", whole("deadline, days after it is raised (default 1)", 0, 365)),
		"!rules", named("what raises an alert, by name", identifier.String(), ref("alert")))
}

func signalSchema() *jsonschema.Schema {
	return object("a measured fact about an account as of a date",
		"!label", text("for people"),
		"!category", oneOf("", categories),
		"unit", text("for people: ratio, days, months, rating, ..."),
		"causable", flag("a team can bring the change about"),
		"expands", flag("the change sells more: never first for an account at risk"),
		"!action", text("what to do about it, one imperative sentence"),
		"max_age", whole("days after which a value is stale", 1, maxDays),
		"!kind", oneOf("level: left out when missing; modifier: worth 0 when missing; flag: a risk without points", kinds),
		"factor", text("signals with the same factor are one risk"),
		"!ladder", ref("ladder"),
		"domain", word("the possible values of a number signal, such as \">= 1 and <= 5\"; a word signal has none"),
		"not_applicable", object("accounts it does not apply to", "!tenure_under_months", whole("", 1, 600)),
		"absent", either("what no row means", oneOf("", []string{absentMissing}), object("",
			"!once", oneOf("source: as soon as the source is mapped; account: as soon as the account has any row in it", absentOnce),
			"!value", word("the value that absence stands for"))),
		"!derive", ref("derive"))
}

// auditSchema describes the section that package quality follows.
func auditSchema() *jsonschema.Schema {
	bounds := func(what string, hi float64, more ...any) *jsonschema.Schema {
		number := func(what string) *jsonschema.Schema {
			if hi > 1 {
				return real(what, 0, hi)
			}
			return share(what, hi)
		}
		return object(what, append([]any{"warn", number("above: a warning"), "fail", number("above: a failure")}, more...)...)
	}
	return object("from when a source is doubted; it never changes a score",
		"window", whole("days of the recent window, and of the one before", 7, 366),
		"thin_day", share("share of its weekday's usual rows below which the newest day looks half unloaded", 1),
		"drift", bounds("population stability index of a column", 100),
		"moved", bounds("share of accounts whose mean moved the same way", 1,
			"by", share("by more than this", 1), "accounts", whole("least number of accounts", 1, 1_000_000)),
		"zero", object("days on which a column fell to zero",
			"share", share("least share of the day's rows", 1), "usual", share("share on such weekdays", 1), "rows", whole("least number of rows", 1, 1_000_000)),
		"fill", bounds("fall of the share of rows with a value", 1),
		"coverage", bounds("fall of the share of paying accounts with a row", 1))
}
