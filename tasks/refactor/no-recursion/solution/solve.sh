#!/bin/bash
# overhang canary 067b02f7cb14e9eeaa70392ca10f6197
set -e
cat > edit.py <<'END'
# overhang canary 067b02f7cb14e9eeaa70392ca10f6197
text = open("sexp.c", encoding="utf-8").read()


def between(start, stop, new):
    global text
    a, b = text.index(start), text.index(stop)
    text = text[:a] + new + text[b:]


between("struct node {", "static int line", '''/* Nodes know their parents, so that a walk needs no stack. */
struct node {
    char *word; /* NULL for a list */
    struct node **items;
    size_t count;
    struct node *parent;
    size_t at; /* during a walk: the item that comes next */
    size_t kept;
    long long value; /* of what has been worked out so far */
};

''')
between("static struct node *read_node", "static void free_node", '''static struct node *read_word(int c)
{
    struct node *node = new_node();
    size_t size = 0;
    node->word = malloc(1);
    while (c != EOF && !isspace(c) && !strchr("()[];", c)) {
        node->word = realloc(node->word, size + 2);
        if (!node->word)
            fail("out of memory");
        node->word[size++] = (char)c;
        c = next();
    }
    node->word[size] = '\\0';
    if (c == '\\n')
        line--;
    ungetc(c, stdin);
    return node;
}

static void append(struct node *list, struct node *item)
{
    if ((list->count & (list->count - 1)) == 0) {
        list->items = realloc(list->items, (list->count ? list->count * 2 : 1) * sizeof *list->items);
        if (!list->items)
            fail("out of memory");
    }
    list->items[list->count++] = item;
    item->parent = list;
}

static struct node *read_node(int c)
{
    struct node *list = NULL;
    for (;;) {
        struct node *node;
        if (c == '(' || c == '[') {
            node = new_node();
            node->value = c == '(' ? ')' : ']';
            if (list)
                append(list, node);
            list = node;
        } else {
            node = read_word(c);
            if (!list)
                return node;
            append(list, node);
        }
        while ((c = next_symbol()) == list->value) {
            if (!list->parent)
                return list;
            list = list->parent;
        }
        if (c == EOF)
            fail("list not closed");
        if (c == ')' || c == ']')
            fail("wrong bracket");
    }
}

/* Goes on with the walk under `top`: the next node to be entered or, with `*leaving` set, to be
 * left. Words are entered only, lists are left when their items have been. */
static struct node *step(struct node *top, struct node *node, int *leaving)
{
    if (!*leaving && !node->word)
        node->at = 0;
    else if (node == top)
        return NULL;
    else
        node = node->parent;
    *leaving = node->at == node->count;
    return *leaving ? node : node->items[node->at++];
}

''')
between("static void free_node", "int main", '''static void free_node(struct node *top)
{
    struct node *parent;
    for (struct node *node = top; node; node = parent) {
        while (node->count)
            node = node->items[--node->count];
        parent = node == top ? NULL : node->parent;
        free(node->items);
        free(node->word);
        free(node);
    }
}

static void print_laid_out(struct node *top)
{
    int level = 0, leaving = 0;
    for (struct node *node = top; node; node = step(top, node, &leaving)) {
        if (leaving)
            level--;
        int indent = level * 2 < 60 ? level * 2 : 60 - level % 2;
        if (node->word)
            printf("%*s%s\\n", indent, "", node->word);
        else if (node->count == 0 && !leaving)
            printf("%*s()\\n", indent, "");
        else if (leaving && node->count)
            printf("%*s)\\n", indent, "");
        else if (!leaving)
            printf("%*s(%zu\\n", indent, "", node->count);
        if (!node->word && !leaving)
            level++;
    }
}

static int depth(struct node *top)
{
    int level = 0, deepest = 0, leaving = 0;
    for (struct node *node = top; node; node = step(top, node, &leaving)) {
        if (!node->word)
            level += leaving ? -1 : 1;
        if (level > deepest)
            deepest = level;
    }
    return deepest;
}

static int starts_with(const struct node *list, const char *word)
{
    return list->count && list->items[0]->word && strcmp(list->items[0]->word, word) == 0;
}

static long long number(const struct node *node)
{
    char *end;
    long value = strtol(node->word, &end, 10);
    if (*end || end == node->word) {
        fflush(stdout);
        fprintf(stderr, "not a number: %s\\n", node->word);
        return 0;
    }
    return value % 1000000;
}

static long long sum(struct node *top)
{
    int leaving = 0;
    for (struct node *node = top; node; node = step(top, node, &leaving)) {
        struct node *list = node->parent;
        if (!node->word && !leaving) {
            node->value = starts_with(node, "max") ? LLONG_MIN : 0;
            continue;
        }
        if (node->word) {
            int heads = list && list->items[0] == node && (starts_with(list, "neg") || starts_with(list, "max"));
            if (heads)
                continue;
            node->value = number(node);
        } else if (starts_with(node, "max") && node->count == 1) {
            node->value = -1;
        } else if (starts_with(node, "neg")) {
            node->value = -node->value;
        }
        if (node == top)
            continue;
        long long part = node->value % 1000000000;
        if (!starts_with(list, "max"))
            list->value += part;
        else if (part > list->value)
            list->value = part;
    }
    return top->value;
}

/* Drops empty lists; a list of which nothing is left is empty itself. NULL if it has gone. */
static struct node *drop_empty(struct node *top)
{
    int leaving = 0;
    struct node *node = top, *following;
    for (; node; node = following) {
        if (!node->word && !leaving)
            node->kept = 0;
        int done = node->word || leaving;
        if (leaving)
            node->count = node->kept;
        int empty = !node->word && leaving && node->count == 0;
        struct node *list = node == top ? NULL : node->parent;
        if (done && list && !empty)
            list->items[list->kept++] = node;
        following = step(top, node, &leaving);
        if (empty) {
            free_node(node);
            if (!list)
                return NULL;
        }
    }
    return top;
}

static void print_flat(struct node *top)
{
    int leaving = 0;
    for (struct node *node = top; node; node = step(top, node, &leaving)) {
        if (!leaving && node != top && node->parent->at > 1)
            putchar(' ');
        if (node->word)
            printf("%s", node->word);
        else
            putchar(leaving ? ')' : '(');
    }
}

''')
text = text.replace("print_laid_out(node, 0);", "print_laid_out(node);")
open("sexp.c", "w", encoding="utf-8").write(text)
END
python3 edit.py
rm edit.py
gcc -std=c11 -O1 -Wall -Wextra -o sexp sexp.c
