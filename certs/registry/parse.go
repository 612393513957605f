package registry

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Tags of the identity file.
const (
	tagVersion        = 0x00
	tagCardNumber     = 0x01
	tagChipNumber     = 0x02
	tagValidFrom      = 0x03
	tagValidTo        = 0x04
	tagMunicipality   = 0x05
	tagNationalNumber = 0x06
	tagSurname        = 0x07
	tagGivenNames     = 0x08
	tagInitial        = 0x09
	tagNationality    = 0x0A
	tagBirthPlace     = 0x0B
	tagBirth          = 0x0C
	tagSex            = 0x0D
	tagNobility       = 0x0E
	tagDocumentType   = 0x0F
	tagSpecialStatus  = 0x10
	tagPhotoHash      = 0x11
	tagDuplicate      = 0x12
	tagOrganization   = 0x13
	tagFamilyMember   = 0x14
	tagProtection     = 0x15
	tagWork           = 0x16
	tagEmployer1      = 0x17
	tagEmployer2      = 0x18
	tagRegionalFile   = 0x19
	tagCardKeyHash    = 0x1A
	tagWithdrawal1    = 0x1B
	tagWithdrawal2    = 0x1C
	tagCardA1         = 0x1D
	tagCardA2         = 0x1E
	tagResidentSince  = 0x1F
)

// Tags of the address file.
const (
	tagStreet              = 0x01
	tagPostcode            = 0x02
	tagAddressMunicipality = 0x03
)

// parse reads the files, which are verified.
func (f *Files) parse() (*Identity, error) {
	id, photoHash, err := parseIdentity(f.Identity)
	if err != nil {
		return nil, fmt.Errorf("reading the identity file: %w", err)
	}
	if id.Address, err = parseAddress(f.Address); err != nil {
		return nil, fmt.Errorf("reading the address file: %w", err)
	}
	if id.Photo, err = authenticPhoto(f.Photo, photoHash); err != nil {
		return nil, err
	}
	return id, nil
}

// parseIdentity reads the identity file; photoHash is nil when it has none.
func parseIdentity(file []byte) (id *Identity, photoHash []byte, err error) {
	fields, _, err := parseTLV(file)
	if err != nil {
		return nil, nil, err
	}
	id = &Identity{}
	for _, f := range fields {
		if f.tag == tagPhotoHash {
			photoHash = f.value
		}
		id.setText(f.tag, readable(f.value))
		id.setValue(f.tag, f.value)
	}
	return id, photoHash, nil
}

// readable is the text of a field. It is shown to people, by terminals too, which would
// obey control characters: whatever is not to be seen becomes a blank.
func readable(value []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune { // which also makes it valid UTF-8
		if !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, string(value)))
}

// setText takes the fields that are texts as they are.
func (id *Identity) setText(tag byte, text string) {
	if to, ok := map[byte]*string{
		tagCardNumber: &id.CardNumber, tagMunicipality: &id.Municipality, tagNationalNumber: &id.NationalNumber,
		tagSurname: &id.Surname, tagGivenNames: &id.GivenNames, tagInitial: &id.Initial,
		tagNationality: &id.Nationality, tagBirthPlace: &id.BirthPlace, tagBirth: &id.BirthText,
		tagNobility: &id.Nobility, tagDuplicate: &id.Duplicate, tagRegionalFile: &id.RegionalFile,
		tagSpecialStatus: (*string)(&id.SpecialStatus), tagOrganization: (*string)(&id.Organization), tagWork: (*string)(&id.Work),
	}[tag]; ok {
		*to = text
	}
}

// setValue takes the others. What does not read as it should is left out.
func (id *Identity) setValue(tag byte, value []byte) {
	text := readable(value)
	switch tag {
	case tagVersion:
		id.FileVersion = bytes.Clone(value)
	case tagChipNumber:
		id.ChipNumber = hex.EncodeToString(value)
	case tagValidFrom:
		id.ValidFrom, _ = parseDate(text)
	case tagValidTo:
		id.ValidTo, _ = parseDate(text)
	case tagBirth:
		id.Birth, _ = parseDate(text)
	case tagResidentSince:
		id.ResidentSince, _ = parseDate(text)
	case tagDocumentType:
		id.DocumentType = DocumentType(max(0, number(text))) // cards write 1 and 01
	case tagSex:
		id.Sex = map[string]string{"M": "M", "F": "F", "V": "F", "W": "F"}[text] // vrouw, weiblich
	case tagFamilyMember:
		id.FamilyMember = true // the tag is there or not, and has no value
	case tagProtection:
		id.Protection = parseProtection(text)
	case tagEmployer1, tagEmployer2:
		if text != "" {
			id.Employers = append(id.Employers, text)
		}
	case tagWithdrawal1, tagWithdrawal2, tagCardA1, tagCardA2:
		if text != "" {
			id.Mentions = append(id.Mentions, Mention(text))
		}
	case tagCardKeyHash:
		id.CardKeyHash = bytes.Clone(value)
	}
}

// parseProtection reads "02.01.2006-IT", or eight digits and a country. Eight digits
// are read either way round, YYYYMMDD or DDMMYYYY: no month is 19 or 20, so only one of
// them makes a day of the last hundred years or of this century.
func parseProtection(text string) Protection {
	p := Protection{Text: text}
	if len(text) < 2 {
		return p
	}
	date, country := strings.TrimRight(text[:len(text)-2], "- "), text[len(text)-2:]
	for _, layout := range []string{"02.01.2006", "20060102", "02012006"} {
		day, err := time.Parse(layout, date)
		if err == nil && (day.Year()/100 == 19 || day.Year()/100 == 20) {
			p.Since = Date{day.Year(), day.Month(), day.Day()}
			p.Country = strings.ToUpper(country)
		}
	}
	return p
}

// parseAddress reads the address file; one that is all zeros is no address.
func parseAddress(file []byte) (Address, error) {
	if len(trimZeros(file)) == 0 {
		return Address{}, nil
	}
	fields, _, err := parseTLV(file)
	if err != nil {
		return Address{}, err
	}
	var a Address
	for _, f := range fields {
		switch f.tag {
		case tagStreet:
			a.Street = readable(f.value)
		case tagPostcode:
			a.Postcode = readable(f.value)
		case tagAddressMunicipality:
			a.Municipality = readable(f.value)
		}
	}
	return a, nil
}
