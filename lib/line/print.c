/*
 * line/print.c - names and values as line protocol writes them
 */
#include "base/number.h"
#include "line/line_priv.h"

static bool
can_be_said(struct slice name)
{
	return name.n > 0 && memchr(name.p, '\n', name.n) == NULL &&
	    memchr(name.p, '\t', name.n) == NULL && memchr(name.p, '\0', name.n) == NULL;
}

/*
 * A backslash is escaped where it would take away the meaning of what follows, and stands for itself
 * elsewhere: so a file is read alike by InfluxDB 1.x, which knows no escape of a backslash.
 */
static bool
is_escape(struct slice name, size_t i)
{
	return name.p[i] == '\\' && (i + 1 == name.n || strchr(", =\\", name.p[i + 1]) != NULL);
}

static int
print_name(struct buf *out, struct slice name, const char *escaped)
{
	if (!can_be_said(name))
		return -1;
	for (size_t i = 0; i < name.n; i++) {
		if (strchr(escaped, name.p[i]) != NULL || is_escape(name, i))
			buf_putc(out, '\\');
		buf_putc(out, name.p[i]);
	}
	return 0;
}

int
line_print_measurement(struct buf *out, struct slice name)
{
	return name.n > 0 && name.p[0] == '#' ? -1 : print_name(out, name, ", ");
}

int
line_print_name(struct buf *out, struct slice name)
{
	return print_name(out, name, ",= ");
}

static void
print_string(struct buf *out, struct slice s)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, s.p[i]);
	}
	buf_putc(out, '"');
}

void
line_print_value(struct buf *out, const struct value *v)
{
	switch (v->type) {
	case VALUE_FLOAT:
		number_put_float(out, v->f);
		break;
	case VALUE_INTEGER:
		number_put_int(out, v->i);
		buf_putc(out, 'i');
		break;
	case VALUE_UNSIGNED:
		number_put_uint(out, v->u);
		buf_putc(out, 'u');
		break;
	case VALUE_BOOLEAN:
		buf_puts(out, v->b ? "true" : "false");
		break;
	default:
		print_string(out, v->s);
	}
}
