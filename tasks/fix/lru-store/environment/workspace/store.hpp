// overhang canary e93db4aae7cd7667a76c269a8dfbca25
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

struct Entry {
    std::string key;
    std::string value;
};

class Store {
public:
    explicit Store(int limit) : limit_(limit) {}

    // The number of entries evicted, or -1 if the entry is too big.
    int put(const std::string& key, const std::string& value);
    const std::string* get(const std::string& key);
    const std::string* peek(const std::string& key);
    int remove(const std::string& prefix);
    int set_limit(int limit);

    const std::list<Entry>& entries() const { return order_; }
    int bytes() const { return bytes_; }
    int hits() const { return hits_; }
    int misses() const { return misses_; }
    int evicted() const { return evicted_; }

private:
    int shrink();

    // Most recently used first. The map's keys point into the entries.
    std::list<Entry> order_;
    std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;
    int limit_;
    int bytes_ = 0;
    int hits_ = 0;
    int misses_ = 0;
    int evicted_ = 0;
};
