package bank

import "sort"

// BankOf gives BIC and name of the bank that keeps an account, both empty when the
// bank is not in the tables below: the member need not know them, and the mutuality's
// own system completes what is missing.
func BankOf(i IBAN) (bic, name string) {
	switch i.Country() {
	case "BE":
		return belgianBank(int(i[4]-'0')*100 + int(i[5]-'0')*10 + int(i[6]-'0'))
	case "NL":
		b := dutchBanks[string(i[4:8])]
		return b.bic, b.name
	case "LU":
		b := luxembourgBanks[string(i[4:7])]
		return b.bic, b.name
	}
	return "", ""
}

func belgianBank(code int) (bic, name string) {
	n := sort.Search(len(belgianBanks), func(n int) bool { return belgianBanks[n].last >= code })
	if n == len(belgianBanks) || belgianBanks[n].first > code {
		return "", ""
	}
	return belgianBanks[n].bic, belgianBanks[n].name
}

type bank struct{ bic, name string }

// Banks with many members, from the National Bank of Belgium's list of bank
// identification codes: the first three digits after the check digits, in ascending
// ranges. Kept by hand; a code that is not here has no bank shown.
var (
	argenta     = bank{"ARSPBE22", "Argenta"}
	axa         = bank{"AXABBE22", "Crelan"} // numbers of the former AXA Bank
	belfius     = bank{"GKCCBEBB", "Belfius"}
	beobank     = bank{"CTBKBEBX", "Beobank"}
	bpost       = bank{"PCHQBEBB", "bpost"}
	cbc         = bank{"CREGBEBB", "CBC Banque"}
	cph         = bank{"CPHBBE75", "Banque CPH"}
	crelan      = bank{"NICABEBB", "Crelan"}
	deutsche    = bank{"DEUTBEBE", "Deutsche Bank"}
	europabank  = bank{"EURBBE99", "Europabank"}
	fortis      = bank{"GEBABEBB", "BNP Paribas Fortis"}
	ing         = bank{"BBRUBEBB", "ING"}
	kbc         = bank{"KREDBEBB", "KBC"}
	keytrade    = bank{"KEYTBEBB", "Keytrade Bank"}
	medirect    = bank{"MBWMBEBB", "MeDirect"}
	nagelmacker = bank{"BNAGBEBB", "Nagelmackers"}
	nickel      = bank{"FPEBBEB2", "Nickel"}
	revolut     = bank{"REVOBEB2", "Revolut"}
	triodos     = bank{"TRIOBEBB", "Triodos"}
	vanBreda    = bank{"JVBABE22", "Bank Van Breda"}
	vdk         = bank{"VDSPBE91", "vdk bank"}
	wise        = bank{"TRWIBEB1", "Wise"}
)

var belgianBanks = []struct {
	first, last int
	bank
}{
	{0, 49, fortis}, {50, 99, belfius}, {103, 108, crelan}, {109, 110, beobank},
	{113, 114, beobank}, {119, 124, beobank}, {125, 126, cph}, {127, 127, beobank},
	{129, 129, beobank}, {131, 131, beobank}, {132, 132, nagelmacker}, {133, 134, beobank},
	{137, 137, fortis}, {140, 149, fortis}, {171, 171, cph}, {185, 185, ing},
	{190, 199, cbc}, {200, 214, fortis}, {220, 299, fortis}, {300, 399, ing},
	{400, 499, kbc}, {523, 523, triodos}, {550, 560, belfius}, {562, 569, belfius},
	{595, 601, beobank}, {610, 613, deutsche}, {624, 625, belfius}, {630, 631, ing},
	{634, 636, nagelmacker}, {638, 638, belfius}, {640, 640, kbc}, {645, 645, vanBreda},
	{646, 647, nagelmacker}, {650, 650, revolut}, {651, 651, keytrade}, {652, 652, ing},
	{657, 657, belfius}, {671, 671, europabank}, {672, 672, belfius}, {673, 673, ing},
	{679, 679, fortis}, {680, 680, belfius}, {682, 683, belfius}, {694, 694, deutsche},
	{700, 709, axa}, {725, 727, kbc}, {728, 729, cbc}, {730, 731, kbc}, {732, 732, cbc},
	{733, 741, kbc}, {742, 742, cbc}, {743, 749, kbc}, {750, 765, axa}, {772, 774, axa},
	{775, 799, belfius}, {800, 806, axa}, {825, 826, deutsche}, {828, 828, ing},
	{830, 839, belfius}, {850, 853, crelan}, {859, 860, crelan}, {862, 863, crelan},
	{865, 866, crelan}, {868, 868, kbc}, {871, 871, nagelmacker}, {873, 873, bpost},
	{876, 876, medirect}, {877, 879, nagelmacker}, {880, 881, ing}, {883, 884, ing},
	{887, 888, ing}, {890, 899, vdk}, {905, 905, wise}, {910, 910, ing}, {920, 920, ing},
	{922, 923, ing}, {929, 931, ing}, {934, 934, ing}, {936, 936, ing}, {939, 939, ing},
	{950, 959, beobank}, {961, 961, ing}, {963, 963, axa}, {964, 964, nickel},
	{967, 967, wise}, {971, 971, ing}, {973, 973, argenta}, {975, 975, axa},
	{976, 976, ing}, {978, 980, argenta}, {981, 984, bpost},
}

// The Dutch bank code is the first four letters of the BIC.
var dutchBanks = map[string]bank{
	"ABNA": {"ABNANL2A", "ABN AMRO"},
	"ASNB": {"ASNBNL21", "ASN Bank"},
	"BUNQ": {"BUNQNL2A", "bunq"},
	"INGB": {"INGBNL2A", "ING"},
	"KNAB": {"KNABNL2H", "Knab"},
	"RABO": {"RABONL2U", "Rabobank"},
	"RBRB": {"RBRBNL21", "RegioBank"},
	"SNSB": {"SNSBNL2A", "SNS"},
	"TRIO": {"TRIONL2U", "Triodos"},
}

var luxembourgBanks = map[string]bank{
	"001": {"BCEELULL", "Spuerkeess"},
	"002": {"BILLLULL", "BIL"},
	"003": {"BGLLLULL", "BGL BNP Paribas"},
	"008": {"BLUXLULL", "Banque de Luxembourg"},
	"009": {"CCRALULL", "Raiffeisen"},
	"014": {"CELLLULL", "ING"},
	"111": {"CCPLLULL", "POST"},
}
