package sample

import "fmt"

var (
	nameHeads = []string{
		"Alder", "Amber", "Ash", "Beacon", "Birch", "Black", "Blue", "Bram", "Bright", "Brook", "Cald", "Cedar", "Clear", "Cliff", "Cobal", "Copper", "Cor", "Crest", "Dal", "Dun",
		"East", "Elm", "Ever", "Fal", "Fern", "Fox", "Glen", "Gold", "Grey", "Hal", "Harb", "Hazel", "High", "Iron", "Juni", "Kest", "Lark", "Lind", "Long", "Mar",
		"Mead", "Mer", "Mill", "Nor", "Oak", "Ori", "Pel", "Quill", "Raven", "Red", "Ridge", "Sable", "Silver", "Stone", "Tam", "Thorn", "Val", "West", "Wil", "Wren",
	}
	nameTails = []string{
		"ara", "bank", "beck", "berg", "borne", "bridge", "brook", "bury", "by", "combe", "crest", "croft", "dale", "den", "ello", "fall", "field", "firth", "ford", "gate",
		"grove", "ham", "haven", "holm", "hurst", "ia", "ing", "kirk", "land", "leigh", "ley", "lock", "march", "mere", "mont", "moor", "more", "ness", "ora", "path",
		"point", "port", "reach", "ridge", "rock", "shaw", "side", "stead", "stow", "ton", "vale", "view", "wall", "water", "way", "well", "wick", "wood", "worth", "yard",
	}
	nameForms = []string{"", " Group", " Inc", " Ltd", " Holdings", " Partners", " International", " & Co"}
)

// trades are the industries, each with the words its company names use.
var trades = []struct {
	industry string
	words    []string
}{
	{"Logistics", []string{"Freight", "Logistics", "Shipping", "Haulage", "Cargo", "Transit"}},
	{"Manufacturing", []string{"Works", "Manufacturing", "Tooling", "Castings", "Materials", "Components"}},
	{"Healthcare", []string{"Health", "Clinics", "Diagnostics", "Care", "Biologics", "Medical"}},
	{"Financial services", []string{"Capital", "Mutual", "Assurance", "Credit", "Payments", "Wealth"}},
	{"Retail", []string{"Stores", "Outfitters", "Grocers", "Home", "Markets", "Apparel"}},
	{"Software", []string{"Systems", "Software", "Labs", "Data", "Networks", "Cloud"}},
	{"Media", []string{"Media", "Press", "Studios", "Pictures", "Publishing", "Audio"}},
	{"Energy", []string{"Energy", "Power", "Renewables", "Grid", "Utilities", "Solar"}},
	{"Education", []string{"Academy", "Learning", "College", "Schools", "Institute", "Training"}},
	{"Professional services", []string{"Advisory", "Consulting", "Legal", "Staffing", "Design", "Surveyors"}},
}

// accountName names the i-th account and gives its industry. Names repeat only
// after 1,728,000 accounts, neighbours look unrelated, and every name is made
// of syllables: none is meant to be a company's.
func accountName(i uint64) (name, industry string) {
	heads, tails, forms := uint64(len(nameHeads)), uint64(len(nameTails)), uint64(len(nameForms))
	words := uint64(len(trades[0].words))
	all := heads * tails * forms * words * uint64(len(trades))
	// Multiplying by a number coprime to all (a prime that divides none of its
	// factors) permutes 0..all-1.
	n := (i*7_368_787 + 271_828) % all
	head, n := nameHeads[n%heads], n/heads
	tail, n := nameTails[n%tails], n/tails
	trade, n := trades[n%uint64(len(trades))], n/uint64(len(trades))
	word, n := trade.words[n%words], n/words
	name = fmt.Sprintf("%s%s %s%s", head, tail, word, nameForms[n])
	if again := i / all; again > 0 {
		name += fmt.Sprintf(" %d", again+1)
	}
	return name, trade.industry
}

var (
	givenNames  = []string{"Ana", "Ben", "Chiara", "Dev", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Keiko", "Liam", "Mara", "Noor", "Oskar", "Priya", "Quinn", "Rosa", "Sven", "Tess", "Umar", "Vera", "Wes", "Yara", "Zoe"}
	familyNames = []string{"Abbasi", "Brandt", "Castellan", "Dorsey", "Eklund", "Ferro", "Gallo", "Hartwell", "Ibarra", "Jansen", "Kowal", "Lindqvist", "Moreau", "Nakano", "Okafor", "Pereira", "Quist", "Rahman", "Sorel", "Tanaka", "Ueland", "Varga", "Whitlock", "Ximenes", "Yoon", "Zeller"}
)

func personName(n uint64) string {
	return givenNames[n%uint64(len(givenNames))] + " " + familyNames[n/uint64(len(givenNames))%uint64(len(familyNames))]
}

// owner is a customer-success manager, or the queue that shares small accounts.
type owner struct{ name, email string }

// owners by segment: five for enterprise, six for mid-market, four and the
// queue for small business.
var owners = [segments][]owner{
	enterprise: {
		{"Amelia Thornbury", "amelia.thornbury@example.com"},
		{"Bashir Kandil", "bashir.kandil@example.com"},
		{"Catarina Vell", "catarina.vell@example.com"},
		{"Dmitri Halloran", "dmitri.halloran@example.com"},
		{"Esme Okonjo", "esme.okonjo@example.com"},
	},
	midMarket: {
		{"Felix Brannigan", "felix.brannigan@example.com"},
		{"Giulia Sandoval", "giulia.sandoval@example.com"},
		{"Hana Mirza", "hana.mirza@example.com"},
		{"Ivo Castellane", "ivo.castellane@example.com"},
		{"Jun Arakaki", "jun.arakaki@example.com"},
		{"Kerstin Ulvang", "kerstin.ulvang@example.com"},
	},
	smallBusiness: {
		{"Leandro Pix", "leandro.pix@example.com"},
		{"Maud Ferreby", "maud.ferreby@example.com"},
		{"Nikhil Sarwan", "nikhil.sarwan@example.com"},
		{"Odile Trask", "odile.trask@example.com"},
		pooledQueue,
	},
}

var pooledQueue = owner{"Scaled CS queue", "scaled-cs@example.com"}
