package pdf

// shape is what the value of an entry has to be.
type shape uint8

const (
	aName shape = 1 << iota
	aString
	aNumber
	aBool
	anArray // of the other kinds that are permitted, or of dictionaries of them
	aDict
)

// signatureKeys are the entries of a signature dictionary with their types (ISO 32000-1,
// table 252; ISO 32000-2, table 255). A later revision adds nothing else.
var signatureKeys = map[Name]shape{
	"Type": aName, "Filter": aName, "SubFilter": aName, "Contents": aString, "Cert": aString | anArray,
	"ByteRange": anArray | aNumber, "Reference": anArray | aDict | aName | aNumber | aString, "Changes": anArray | aNumber,
	"Name": aString, "M": aString, "Location": aString, "Reason": aString, "ContactInfo": aString,
	"R": aNumber, "V": aNumber, "Prop_Build": anArray | aDict | aName | aNumber | aString | aBool,
	"Prop_AuthTime": aNumber, "Prop_AuthType": aName,
}

// developerKeys are those of a developer extensions dictionary (ISO 32000-2, table 49).
var developerKeys = map[Name]shape{
	"Type": aName, "BaseVersion": aName, "ExtensionLevel": aNumber, "URL": aString, "ExtensionRevision": aString,
}

// vriKeys are those of the evidence of one signature beside its lists (ETSI EN 319 142-1,
// 5.4.2.3).
var vriKeys = map[Name]shape{"Type": aName, "TU": aString}

// shaped returns the first key of a dictionary that is not among those permitted or whose
// value is of another kind, empty if there is none.
func (s *step) shaped(d Dict, keys map[Name]shape) Name {
	for _, e := range d {
		kinds, ok := keys[e.Key]
		if !ok || !s.is(e.Value, kinds, 0) {
			return e.Key
		}
	}
	return ""
}

// is reports that a value is of one of the kinds, and so is all that it holds. What Data
// leads to is only pointed at (table 253).
func (s *step) is(o Object, kinds shape, depth int) bool {
	v, err := s.new.Resolve(o)
	if err != nil || depth > maxShape {
		return false
	}
	switch v := v.(type) {
	case nil:
		return true
	case Name:
		return kinds&aName != 0
	case String:
		return kinds&aString != 0
	case Integer, Real:
		return kinds&aNumber != 0
	case bool:
		return kinds&aBool != 0
	case Array:
		for _, item := range v {
			if !s.is(item, kinds, depth+1) {
				return false
			}
		}
		return kinds&anArray != 0
	case Dict:
		for _, e := range v {
			if _, ref := e.Value.(Ref); ref && e.Key == "Data" {
				continue
			}
			if !s.is(e.Value, kinds, depth+1) {
				return false
			}
		}
		return kinds&aDict != 0
	}
	return false
}

// maxShape is how deep values of a signature dictionary may lie in each other.
const maxShape = 6
