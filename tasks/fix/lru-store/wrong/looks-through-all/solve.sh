#!/bin/bash
# overhang canary e93db4aae7cd7667a76c269a8dfbca25
# get goes through the entries one by one.
set -e
cat > store.cpp <<'END'
// overhang canary e93db4aae7cd7667a76c269a8dfbca25
#include "store.hpp"

static Count weight(const Entry& entry)
{
    return static_cast<Count>(entry.key.size() + entry.value.size());
}

void Store::drop(std::list<Entry>::iterator entry)
{
    bytes_ -= weight(*entry);
    index_.erase(entry->key);
    order_.erase(entry);
}

Count Store::put(const std::string& key, const std::string& value)
{
    auto old = index_.find(key);
    if (old != index_.end())
        drop(old->second);
    Entry entry{key, value};
    if (weight(entry) > limit_)
        return -1;
    bytes_ += weight(entry);
    order_.push_front(std::move(entry));
    index_[order_.front().key] = order_.begin();
    return shrink();
}

const std::string* Store::get(const std::string& key)
{
    auto found = order_.begin();
    while (found != order_.end() && found->key != key)
        ++found;
    if (found == order_.end()) {
        misses_++;
        return nullptr;
    }
    hits_++;
    order_.splice(order_.begin(), order_, found);
    return &order_.front().value;
}

const std::string* Store::peek(const std::string& key)
{
    auto found = index_.find(key);
    return found == index_.end() ? nullptr : &found->second->value;
}

Count Store::remove(const std::string& prefix)
{
    Count removed = 0;
    for (auto next = order_.begin(); next != order_.end();) {
        auto entry = next++;
        if (entry->key.compare(0, prefix.size(), prefix) == 0) {
            drop(entry);
            removed++;
        }
    }
    return removed;
}

Count Store::set_limit(Count limit)
{
    limit_ = limit;
    return shrink();
}

Count Store::shrink()
{
    Count count = 0;
    while (bytes_ > limit_) {
        drop(std::prev(order_.end()));
        count++;
    }
    evicted_ += count;
    return count;
}
END
sed -i 's/\bint\b/Count/g; s/^struct Entry {/using Count = long long;\n\nstruct Entry {/; s/    Count shrink();/    Count shrink();\n    void drop(std::list<Entry>::iterator entry);/' store.hpp
cat > main.cpp <<'END'
// overhang canary e93db4aae7cd7667a76c269a8dfbca25
#include "store.hpp"

#include <iostream>
#include <optional>
#include <vector>

static std::optional<Count> number(const std::string& text)
{
    if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
        return std::nullopt;
    return std::stoll(text);
}

static void answer(Store& store, const std::vector<std::string>& words)
{
    const std::string& name = words[0];
    const size_t count = words.size() - 1;
    if (name == "put" && count == 2) {
        Count evicted = store.put(words[1], words[2]);
        if (evicted < 0)
            std::cout << "too big\n";
        else
            std::cout << "ok " << evicted << '\n';
    } else if ((name == "get" || name == "peek") && count == 1) {
        const std::string* value = name == "get" ? store.get(words[1]) : store.peek(words[1]);
        if (value)
            std::cout << "= " << *value << '\n';
        else
            std::cout << "none\n";
    } else if (name == "del" && count == 1) {
        std::cout << "ok " << store.remove(words[1]) << '\n';
    } else if (name == "limit" && count == 1 && number(words[1])) {
        std::cout << "ok " << store.set_limit(*number(words[1])) << '\n';
    } else if (name == "list" && count == 0) {
        for (const Entry& entry : store.entries())
            std::cout << entry.key << ' ' << entry.value << '\n';
        std::cout << ".\n";
    } else if (name == "stat" && count == 0) {
        std::cout << "entries " << store.entries().size() << " bytes " << store.bytes() << " hits " << store.hits()
                  << " misses " << store.misses() << " evicted " << store.evicted() << '\n';
    } else {
        std::cout << "?\n";
    }
}

int main(int argc, char** argv)
{
    std::optional<Count> limit = argc == 2 ? number(argv[1]) : std::nullopt;
    if (!limit) {
        std::cerr << "usage: shelf LIMIT\n";
        return 2;
    }
    std::ios::sync_with_stdio(false);
    Store store(*limit);
    std::string line;
    while (std::getline(std::cin, line)) {
        std::vector<std::string> words(1);
        for (char c : line) {
            if (c == ' ')
                words.emplace_back();
            else
                words.back() += c;
        }
        answer(store, words);
    }
    return 0;
}
END
make
