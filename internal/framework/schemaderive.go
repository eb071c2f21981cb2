package framework

import (
	"slices"

	"github.com/google/jsonschema-go/jsonschema"
)

// The keys beside a function, and inside the operators.
var besideFunction = []string{"by", "parts", "at", "from", "until", "window", "shift", "days", "where"}

// modifierSchemas are the keys that may stand beside a function.
func modifierSchemas() map[string]*jsonschema.Schema {
	return map[string]*jsonschema.Schema{
		"by":     text("max_by: the column whose greatest value decides"),
		"parts":  whole("periods: into how many equal parts the window is cut", 2, 366),
		"at":     either("the date that places a row, or the first of several that is filled", text(""), list("", text(""))),
		"from":   text("instead of at: the first day of a row that runs over days"),
		"until":  text("the day from which it no longer runs; empty: still running"),
		"window": whole("only the last so many days", 0, maxDays),
		"shift":  whole("ending so many days ago", 0, maxDays),
		"days":   oneOf("working: without weekends and holidays", dayWords),
		"where":  named("conditions that all hold, by column", "", ref("condition")),
	}
}

// conditionSchema is what one column must hold.
func conditionSchema() *jsonschema.Schema {
	orNull := func() *jsonschema.Schema {
		return list("any of these; null stands for no value", &jsonschema.Schema{Types: []string{"string", "number", "boolean", "null"}})
	}
	return either("a value, any of a list, bounds, or not these",
		word(""), orNull(),
		object("", "at_least", real("", -1e12, 1e12), "below", real("", -1e12, 1e12), "or_null", flag("no value holds, too")),
		object("", "!not", either("", word(""), orNull()), "or_null", flag("no value holds, too")))
}

var functionHelp = map[string]string{
	"latest": "value of the newest row", "count": "number of rows", "sum": "sum", "mean": "mean", "min": "least", "max": "greatest",
	"max_by": "value of the row whose by is greatest", "periods": "in how many parts of the window there is a row",
	"any": "at least one row", "no": "no row",
}

// aggregateSchema is a map with exactly one of the functions, the keys that may
// stand beside it, and some numbers.
func aggregateSchema(what string, functions []string, limits ...string) *jsonschema.Schema {
	s := object(what)
	for _, f := range functions {
		s.Properties[f] = text(functionHelp[f] + ": source.column, or a source for rows")
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{f}})
	}
	for _, l := range limits {
		s.Properties[l] = real("", -1e12, 1e12)
	}
	modifiers := modifierSchemas()
	for _, m := range besideFunction {
		s.Properties[m] = modifiers[m]
	}
	s.PropertyOrder = slices.Concat(functions, limits, besideFunction)
	return s
}

// deriveSchema is one of the operators, or an aggregate; basis is a key that
// stands beside each where not empty.
func deriveSchema(operators []string, basis string) *jsonschema.Schema {
	aggregate := func() *jsonschema.Schema { return ref("aggregate") }
	trend := aggregateSchema("the window against the one before: up, stable or down", aggFuncs)
	trend.Properties["tolerance"] = share("relative change that counts", 10)
	trend.Properties["min_change"] = real("absolute change that counts", 0, 1e12)
	trend.PropertyOrder = append(trend.PropertyOrder, "tolerance", "min_change")
	trend.Required = []string{"tolerance"}
	arguments := map[string]*jsonschema.Schema{
		"ratio":      object("one aggregate over another", "!of", aggregate(), "!to", aggregate()),
		"days_since": aggregate(),
		"trend":      trend,
		"case": list("the first branch whose test holds", object("",
			"!word", word("the value"), "!when", either("a test, or several of which one holds", ref("test"), list("", ref("test"))))),
		"first_of":  list("the first alternative that is known", ref("basis")),
		"latest_of": list("the newest row of several sources", aggregate()),
		"column":    text("a column of the signals source, as it is"),
	}
	out := &jsonschema.Schema{Description: "how it is computed"}
	variant := func(s *jsonschema.Schema) {
		if basis != "" {
			s.Properties[basis] = text("recorded with the value")
			s.Required = append(s.Required, basis)
		}
		out.OneOf = append(out.OneOf, s)
	}
	for _, op := range operators {
		keys := []any{"!" + op, arguments[op]}
		if op == "case" {
			keys = append(keys, "!else", word("the value where no test holds"))
		}
		variant(object("", keys...))
	}
	variant(aggregateSchema("", aggFuncs))
	return out
}
