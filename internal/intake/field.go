package intake

import "slices"

// Field is what a column means. Mappings name fields by the texts below.
type Field uint8

const (
	fNone Field = iota
	fOrderNo
	fOccurredAt // date, or date and time
	fTime       // time of day when it has a column of its own
	fZone
	fStatus
	fCancelled // 1 = cancelled
	fEntry     // what kind of booking the row is; Words decide
	fMemberID
	fCard
	fEmail
	fPhone
	fPhone2
	fPhone3
	fName
	fFamilyName
	fGivenName
	fNameKana
	fFamilyKana
	fGivenKana
	fBirthday
	fPostcode
	fPrefecture
	fAddress1
	fAddress2
	fStore
	fChannel
	fStaff
	fCurrency
	fSubtotal
	fDiscount
	fDiscount2
	fPointsUsed // money paid by another system's points
	fShipping
	fFee
	fTax
	fTotal
	fRefunded
	fCoupon
	fLineKind
	fSKU
	fItem
	fVariant
	fCategory
	fUnitPrice
	fQuantity
	fAmount // the line's amount before discount
	fLineDiscount
	fLineTax
	fTaxRate
	fTaxIncluded
	fTags
	fShippedAt
	fDeliveredAt
	fCancelledAt
	fUpdatedAt
	fCountry
	fJoinedOn
	fJoinSource
	fRank
	fRankUntil
	fConsentMail
	fConsentSMS
	fPoints
	fPointType
	fExpiresOn
	fOrigin
	fEarnedOn
	fEventNo
	fEventKind
	fAttribute // the column's own name is the attribute's
	fieldCount
)

var fieldNames = [fieldCount]string{
	fNone: "ignore", fOrderNo: "order_no", fOccurredAt: "occurred_at", fTime: "time", fZone: "zone", fStatus: "status",
	fCancelled: "cancelled", fEntry: "entry", fMemberID: "member_id", fCard: "card", fEmail: "email", fPhone: "phone",
	fPhone2: "phone_2", fPhone3: "phone_3", fName: "name", fFamilyName: "family_name", fGivenName: "given_name",
	fNameKana: "name_kana", fFamilyKana: "family_kana", fGivenKana: "given_kana", fBirthday: "birthday",
	fPostcode: "postcode", fPrefecture: "prefecture", fAddress1: "address_1", fAddress2: "address_2", fStore: "store",
	fChannel: "channel", fStaff: "staff", fCurrency: "currency", fSubtotal: "subtotal", fDiscount: "discount",
	fDiscount2: "discount_2", fPointsUsed: "points_used", fShipping: "shipping", fFee: "fee", fTax: "tax", fTotal: "total",
	fRefunded: "refunded", fCoupon: "coupon", fLineKind: "line_kind", fSKU: "sku", fItem: "item", fVariant: "variant",
	fCategory: "category", fUnitPrice: "unit_price", fQuantity: "quantity", fAmount: "amount",
	fLineDiscount: "line_discount", fLineTax: "line_tax", fTaxRate: "tax_rate", fTaxIncluded: "tax_included",
	fTags: "tags", fShippedAt: "shipped_at", fDeliveredAt: "delivered_at", fCancelledAt: "cancelled_at",
	fUpdatedAt: "updated_at", fCountry: "country", fJoinedOn: "joined_on", fJoinSource: "join_source", fRank: "rank", fRankUntil: "rank_until",
	fConsentMail: "consent_mail", fConsentSMS: "consent_sms", fPoints: "points", fPointType: "point_type",
	fExpiresOn: "expires_on", fOrigin: "origin", fEarnedOn: "earned_on", fEventNo: "event_no", fEventKind: "event_kind",
	fAttribute: "attribute",
}

func (f Field) String() string { return fieldNames[f] }

// FieldNames lists the fields a mapping may name, for the mapping screen.
func FieldNames() []string { return slices.Clone(fieldNames[:]) }

func fieldOf(name string) (Field, bool) {
	i := slices.Index(fieldNames[:], name)
	return Field(max(i, 0)), i >= 0
}

// personal fields are masked in every report.
func (f Field) personal() bool { return f >= fCard && f <= fAddress2 }
