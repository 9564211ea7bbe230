/* overhang canary 067b02f7cb14e9eeaa70392ca10f6197 */
/* sexp [-d | -s | -f]: reads lists in brackets from standard input.
 *   without option   prints them laid out, one element a line
 *   -d               prints the depth of each
 *   -s               prints the sum of the numbers in each; a list that starts with the word
 *                    "neg" counts negative, one that starts with "max" by its greatest part
 *   -f               prints each on one line, empty lists dropped, bottom up
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
    char *word; /* NULL for a list */
    struct node **items;
    size_t count;
};

static int line = 1;

static int next(void)
{
    int c = getchar();
    if (c == '\n')
        line++;
    return c;
}

static void fail(const char *what)
{
    fflush(stdout);
    fprintf(stderr, "line %d: %s\n", line, what);
    exit(1);
}

static int next_symbol(void)
{
    int c = next();
    while (isspace(c) || c == ';') {
        if (c == ';')
            while (c != '\n' && c != EOF)
                c = next();
        else
            c = next();
    }
    return c;
}

static struct node *new_node(void)
{
    struct node *node = calloc(1, sizeof *node);
    if (!node)
        fail("out of memory");
    return node;
}

static struct node *read_node(int c)
{
    struct node *node = new_node();
    if (c == '(' || c == '[') {
        int closing = c == '(' ? ')' : ']';
        while ((c = next_symbol()) != closing) {
            if (c == EOF)
                fail("list not closed");
            if (c == ')' || c == ']')
                fail("wrong bracket");
            node->items = realloc(node->items, (node->count + 1) * sizeof *node->items);
            if (!node->items)
                fail("out of memory");
            node->items[node->count] = NULL;
            node->items[node->count++] = read_node(c);
        }
        return node;
    }
    size_t size = 0;
    node->word = malloc(1);
    while (c != EOF && !isspace(c) && !strchr("()[];", c)) {
        node->word = realloc(node->word, size + 2);
        if (!node->word)
            fail("out of memory");
        node->word[size++] = (char)c;
        c = next();
    }
    node->word[size] = '\0';
    if (c == '\n')
        line--;
    ungetc(c, stdin);
    return node;
}

static void free_node(struct node *node)
{
    for (size_t i = 0; i < node->count; i++)
        free_node(node->items[i]);
    free(node->items);
    free(node->word);
    free(node);
}

static void print_laid_out(const struct node *node, int level)
{
    int indent = level * 2 < 60 ? level * 2 : 60 - level % 2;
    if (node->word) {
        printf("%*s%s\n", indent, "", node->word);
    } else if (node->count == 0) {
        printf("%*s()\n", indent, "");
    } else {
        printf("%*s(%zu\n", indent, "", node->count);
        for (size_t i = 0; i < node->count; i++)
            print_laid_out(node->items[i], level + 1);
        printf("%*s)\n", indent, "");
    }
}

static int depth(const struct node *node)
{
    int deepest = 0;
    if (node->word)
        return 0;
    for (size_t i = 0; i < node->count; i++) {
        int below = depth(node->items[i]);
        if (below > deepest)
            deepest = below;
    }
    return deepest + 1;
}

static long long sum(const struct node *node)
{
    if (node->word) {
        char *end;
        long value = strtol(node->word, &end, 10);
        if (*end || end == node->word) {
            fflush(stdout);
            fprintf(stderr, "not a number: %s\n", node->word);
            return 0;
        }
        return value % 1000000;
    }
    const char *first = node->count && node->items[0]->word ? node->items[0]->word : "";
    int negative = strcmp(first, "neg") == 0;
    int greatest = strcmp(first, "max") == 0;
    long long total = greatest ? LLONG_MIN : 0;
    for (size_t i = negative || greatest; i < node->count; i++) {
        long long part = sum(node->items[i]) % 1000000000;
        if (!greatest)
            total += part;
        else if (part > total)
            total = part;
    }
    if (greatest && node->count == 1)
        total = -1;
    return negative ? -total : total;
}

/* Drops empty lists; a list of which nothing is left is empty itself. NULL if it has gone. */
static struct node *drop_empty(struct node *node)
{
    size_t kept = 0;
    if (node->word)
        return node;
    for (size_t i = 0; i < node->count; i++) {
        struct node *item = drop_empty(node->items[i]);
        if (item)
            node->items[kept++] = item;
    }
    node->count = kept;
    if (kept == 0) {
        free_node(node);
        return NULL;
    }
    return node;
}

static void print_flat(const struct node *node)
{
    if (node->word) {
        printf("%s", node->word);
        return;
    }
    putchar('(');
    for (size_t i = 0; i < node->count; i++) {
        if (i)
            putchar(' ');
        print_flat(node->items[i]);
    }
    putchar(')');
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    if (argc > 2 || (*mode && strcmp(mode, "-d") && strcmp(mode, "-s") && strcmp(mode, "-f"))) {
        fprintf(stderr, "usage: sexp [-d | -s | -f]\n");
        return 2;
    }
    int c;
    while ((c = next_symbol()) != EOF) {
        if (c == ')' || c == ']')
            fail("nothing to close");
        struct node *node = read_node(c);
        if (strcmp(mode, "-d") == 0)
            printf("%d\n", depth(node));
        else if (strcmp(mode, "-s") == 0)
            printf("%lld\n", sum(node));
        else if (strcmp(mode, "-f") == 0) {
            node = drop_empty(node);
            if (node)
                print_flat(node);
            putchar('\n');
        } else
            print_laid_out(node, 0);
        if (node)
            free_node(node);
    }
    return 0;
}
