// overhang canary e93db4aae7cd7667a76c269a8dfbca25
#include "store.hpp"

static int weight(const Entry& entry)
{
    return entry.key.size() + entry.value.size();
}

int Store::put(const std::string& key, const std::string& value)
{
    Entry entry{key, value};
    if (weight(entry) > limit_)
        return -1;
    bytes_ += weight(entry);
    order_.push_front(entry);
    index_[key] = order_.begin();
    return shrink();
}

const std::string* Store::get(const std::string& key)
{
    auto found = index_.find(key);
    if (found == index_.end()) {
        misses_++;
        return nullptr;
    }
    hits_++;
    order_.push_front(*found->second);
    order_.erase(found->second);
    return &order_.front().value;
}

const std::string* Store::peek(const std::string& key)
{
    return get(key);
}

int Store::remove(const std::string& prefix)
{
    int removed = 0;
    for (auto entry = order_.begin(); entry != order_.end(); ++entry) {
        if (entry->key.find(prefix) != std::string::npos) {
            index_.erase(entry->key);
            order_.erase(entry);
            removed++;
        }
    }
    return removed;
}

int Store::set_limit(int limit)
{
    limit_ = limit;
    return shrink();
}

int Store::shrink()
{
    int count = 0;
    while (bytes_ >= limit_) {
        Entry& last = order_.back();
        order_.pop_back();
        index_.erase(last.key);
        bytes_ -= weight(last);
        count++;
    }
    evicted_ += count;
    return count;
}
