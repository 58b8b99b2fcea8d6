package assets

import (
	"reflect"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/odata"
)

// readAtOnce is how many rows of a list are read at a time, where all of them are looked at.
const readAtOnce = 10_000

// object is what options of requests know of the objects of a list: the keys of T, in order.
type object[T any] struct{ schema *odata.Schema }

// caseCounts are keys whose values differ by case; other texts are ids, names of hosts and values of
// closed lists.
var caseCounts = map[string]bool{"name": true, "description": true, "recommendationName": true}

// ordered are the values of keys that have an order of their own, from low to high.
var ordered = map[string][]string{
	"severity": {defender.SeverityNone, defender.SeverityLow, defender.SeverityMedium, defender.SeverityHigh,
		defender.SeverityCritical},
	"exposureLevel": {defender.ExposureNone, defender.ExposureLow, defender.ExposureMedium, defender.ExposureHigh},
}

// newObject describes T, whose fields all have a JSON key.
func newObject[T any]() *object[T] {
	var fields []odata.Field
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		key, of := f.Tag.Get("json"), f.Type
		one := odata.Field{Name: key, Nullable: of.Kind() == reflect.Pointer, Values: ordered[key]}
		if one.Nullable {
			of = of.Elem()
		}
		one.Type = typeOf(of)
		if one.Type == odata.Enum && caseCounts[key] {
			one.Type = odata.Text
		}
		fields = append(fields, one)
	}
	return &object[T]{odata.NewSchema(fields...)}
}

func typeOf(t reflect.Type) odata.Type {
	switch {
	case t == reflect.TypeFor[defender.Time]():
		return odata.Time
	case t == reflect.TypeFor[[]string]():
		return odata.Texts
	case t.Kind() == reflect.String:
		return odata.Enum
	case t.Kind() == reflect.Bool:
		return odata.Bool
	case reflect.Zero(t).CanInt(), reflect.Zero(t).CanFloat():
		return odata.Number
	}
	return odata.Opaque
}

// row gives the values of an object by the numbers of the schema.
type row struct{ of reflect.Value }

// rowOf returns an object as a row.
func rowOf[T any](v *T) odata.Row { return row{reflect.ValueOf(v).Elem()} }

// Value implements odata.Row.
func (r row) Value(field int) odata.Value {
	v := r.of.Field(field)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return odata.Value{}
		}
		v = v.Elem()
	}
	switch held := v.Interface().(type) {
	case defender.Time:
		return odata.OfTime(held.Time)
	case []string:
		return odata.OfTexts(held)
	}
	switch {
	case v.Kind() == reflect.String:
		return odata.OfText(v.String())
	case v.Kind() == reflect.Bool:
		return odata.OfBool(v.Bool())
	case v.CanInt():
		return odata.OfNumber(float64(v.Int()))
	case v.CanFloat():
		return odata.OfNumber(v.Float())
	}
	return odata.Value{}
}

// text returns a text that may be null.
func text(t string) *string {
	if t == "" {
		return nil
	}
	return &t
}

func timeOf(t time.Time) *defender.Time {
	if t.IsZero() {
		return nil
	}
	return &defender.Time{Time: t}
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// described makes objects of rows.
func described[R, T any](rows []R, describe func(*R) T) []T {
	made := make([]T, len(rows))
	for i := range rows {
		made[i] = describe(&rows[i])
	}
	return made
}
