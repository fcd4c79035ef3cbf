/*
 * query/bounds.c - the range of times taken out of a condition
 *
 * A comparison with `time` is no filter: it gives the range of the whole query, wherever in the
 * condition it stands. So two of them under OR are intersected as well.
 */
#include "query/bounds.h"

#include "influxql/influxql.h"
#include "model/precision.h"
#include "model/rfc3339.h"

/*
 * The text of a time that int64 cannot hold, as RFC 3339 without decimals.
 */
static int
out_of_range(struct slice text, bool under, struct err *err)
{
	char shown[32] = "0000-00-00T00:00:00Z";

	for (size_t i = 0; i < text.n && i < 19; i++)
		if (text.p[i] >= '0' && text.p[i] <= '9')
			shown[i] = text.p[i];
	return err_set(err, ERR_INVALID, "time %s %s time literal", shown,
	    under ? "underflows" : "overflows");
}

int
query_bounds_time_literal(const struct fold *fold, struct slice text, int64_t *ns, struct err *err)
{
	bool has_zone;

	switch (rfc3339_parse(text, ns, &has_zone)) {
	case RFC3339_NOT_A_TIME:
		return 0;
	case RFC3339_BAD_TIME:
		return err_set(err, ERR_INVALID, "invalid timestamp string");
	case RFC3339_OVERFLOW:
		return out_of_range(text, *ns < 0, err);
	case RFC3339_OK:
		break;
	}
	if (!has_zone && fold->zone != NULL)
		*ns = zone_to_utc(fold->zone, *ns);
	return 1;
}

static int
time_of(const struct fold *fold, struct expr *value, int64_t *ns, struct err *err)
{
	if (value->kind == EXPR_STRING) {
		int is = query_bounds_time_literal(fold, value->string, ns, err);

		if (is != 0)
			return is < 0 ? -1 : 0;
	}
	if (query_fold(fold, &value, err) != 0)
		return -1;
	switch (value->kind) {
	case EXPR_TIME:
		*ns = value->time;
		return 0;
	case EXPR_DURATION:
		*ns = value->duration;
		return 0;
	case EXPR_INTEGER:
		*ns = value->integer;
		return 0;
	case EXPR_NUMBER:
		*ns = value->number >= -0x1p63 && value->number < 0x1p63 ? (int64_t)value->number :
		    value->number < 0 ? INT64_MIN : INT64_MAX;
		return 0;
	default:
		return err_set(err, ERR_INVALID,
		    "invalid operation: time and %s are not compatible",
		    influxql_node_name(value->kind));
	}
}

static void
narrow(struct bounds *b, bool from, int64_t ns)
{
	if (from && (!b->has_from || ns > b->from)) {
		b->has_from = true;
		b->from = ns < TIME_MIN ? TIME_MIN : ns;
	} else if (!from && (!b->has_to || ns < b->to)) {
		b->has_to = true;
		b->to = ns > TIME_MAX ? TIME_MAX : ns;
	}
}

static int
take_time(const struct fold *fold, enum expr_op op, struct expr *value, struct bounds *bounds,
    struct err *err)
{
	int64_t ns;

	if (time_of(fold, value, &ns, err) != 0)
		return -1;
	switch (op) {
	case OP_GT:
		narrow(bounds, true, ns == INT64_MAX ? ns : ns + 1);
		return 0;
	case OP_GTE:
		narrow(bounds, true, ns);
		return 0;
	case OP_LT:
		narrow(bounds, false, ns == INT64_MIN ? ns : ns - 1);
		return 0;
	case OP_LTE:
		narrow(bounds, false, ns);
		return 0;
	case OP_EQ:
		narrow(bounds, true, ns);
		narrow(bounds, false, ns);
		return 0;
	default:
		return err_set(err, ERR_INVALID, "invalid time comparison operator: %s",
		    influxql_op_text(op));
	}
}

static bool
is_time(const struct expr *e)
{
	return e->kind == EXPR_REF && slice_eq_nocase(e->ref.name, SLICE("time"));
}

static enum expr_op
mirrored(enum expr_op op)
{
	switch (op) {
	case OP_LT:	return OP_GT;
	case OP_LTE:	return OP_GTE;
	case OP_GT:	return OP_LT;
	case OP_GTE:	return OP_LTE;
	default:	return op;
	}
}

static int
split_binary(const struct fold *fold, struct expr *e, struct expr **rest, struct bounds *bounds,
    struct err *err)
{
	struct expr *left, *right;

	if (e->binary.op == OP_AND || e->binary.op == OP_OR) {
		if (query_bounds_split(fold, e->binary.left, &left, bounds, err) != 0 ||
		    query_bounds_split(fold, e->binary.right, &right, bounds, err) != 0)
			return -1;
		*rest = left == NULL ? right : left;
		if (left == NULL || right == NULL)
			return 0;
		e->binary.left = left;
		e->binary.right = right;
		*rest = e;
		return query_fold(fold, rest, err);
	}
	*rest = NULL;
	if (is_time(e->binary.left))
		return take_time(fold, e->binary.op, e->binary.right, bounds, err);
	if (is_time(e->binary.right))
		return take_time(fold, mirrored(e->binary.op), e->binary.left, bounds, err);
	*rest = e;
	return query_fold(fold, rest, err);
}

int
query_bounds_split(const struct fold *fold, struct expr *where, struct expr **rest,
    struct bounds *bounds, struct err *err)
{
	struct buf text = { 0 };

	*rest = NULL;
	if (where == NULL)
		return 0;
	switch (where->kind) {
	case EXPR_BINARY:
		return split_binary(fold, where, rest, bounds, err);
	case EXPR_PAREN:
		if (query_bounds_split(fold, where->inner, &where->inner, bounds, err) != 0)
			return -1;
		if (where->inner != NULL)
			*rest = where->inner->kind == EXPR_BINARY ? where : where->inner;
		return 0;
	case EXPR_BOOLEAN:
		*rest = where;
		return 0;
	default:
		influxql_print_expr(&text, where);
		err_set(err, ERR_INVALID, "invalid condition expression: " SLICE_FMT,
		    SLICE_ARG(buf_slice(&text)));
		buf_free(&text);
		return -1;
	}
}

/* ---- OR between times ---- */

struct found {
	bool	 time;		/* a comparison with it */
	bool	 or;		/* between two that have one */
};

static struct found
look_for_or(const struct expr *e)
{
	struct found left, right;

	if (e->kind == EXPR_PAREN)
		return look_for_or(e->inner);
	if (e->kind != EXPR_BINARY)
		return (struct found){ false, false };
	if (e->binary.op != OP_AND && e->binary.op != OP_OR)
		return (struct found){ is_time(e->binary.left) || is_time(e->binary.right), false };
	left = look_for_or(e->binary.left);
	right = look_for_or(e->binary.right);
	return (struct found){ left.time || right.time, left.or || right.or ||
	    (e->binary.op == OP_OR && left.time && right.time) };
}

bool
query_bounds_has_or(const struct expr *where)
{
	return where != NULL && look_for_or(where).or;
}
