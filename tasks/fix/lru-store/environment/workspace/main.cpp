// overhang canary e93db4aae7cd7667a76c269a8dfbca25
#include "store.hpp"

#include <cstdlib>
#include <iostream>
#include <sstream>
#include <vector>

static void answer(Store& store, const std::vector<std::string>& words)
{
    if (words[0] == "put") {
        int evicted = store.put(words[1], words[2]);
        if (evicted < 0)
            std::cout << "too big" << std::endl;
        else
            std::cout << "ok " << evicted << std::endl;
    } else if (words[0] == "get" || words[0] == "peek") {
        const std::string* value = words[0] == "get" ? store.get(words[1]) : store.peek(words[1]);
        if (value)
            std::cout << "= " << *value << std::endl;
        else
            std::cout << "none" << std::endl;
    } else if (words[0] == "del") {
        std::cout << "ok " << store.remove(words[1]) << std::endl;
    } else if (words[0] == "limit") {
        std::cout << "ok " << store.set_limit(std::atoi(words[1].c_str())) << std::endl;
    } else if (words[0] == "list") {
        for (Entry entry : store.entries())
            std::cout << entry.key << " " << entry.value << std::endl;
        std::cout << "." << std::endl;
    } else if (words[0] == "stat") {
        std::cout << "entries " << store.entries().size() << " bytes " << store.bytes() << " hits " << store.hits()
                  << " misses " << store.misses() << " evicted " << store.evicted() << std::endl;
    } else {
        std::cout << "?" << std::endl;
    }
}

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::cerr << "usage: shelf LIMIT\n";
        return 2;
    }
    Store store(std::atoi(argv[1]));
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream parts(line);
        std::vector<std::string> words;
        std::string word;
        while (parts >> word)
            words.push_back(word);
        answer(store, words);
    }
    return 0;
}
