// overhang canary ff2a37e2fdb12a2322455d4c81e2da69
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

// A line editor that reads commands from standard input. See README.
class Buffer {
public:
    bool obey(const std::string &line) {
        std::istringstream words(line);
        std::string command;
        words >> command;
        std::string text;
        if (command == "append") {
            lines.push_back(rest(line, 1));
        } else if (command == "insert" || command == "change") {
            size_t at;
            if (!(words >> at) || at < 1 || at > lines.size())
                return false;
            if (command == "insert")
                lines.insert(lines.begin() + (at - 1), rest(line, 2));
            else
                lines[at - 1] = rest(line, 2);
        } else if (command == "delete") {
            size_t from, to;
            if (!(words >> from >> to) || from < 1 || to > lines.size() || from > to)
                return false;
            lines.erase(lines.begin() + (from - 1), lines.begin() + to);
        } else if (command == "print") {
            for (const std::string &one : lines)
                std::cout << one << '\n';
        } else {
            return false;
        }
        return true;
    }

private:
    std::vector<std::string> lines;

    // What follows the first `count` words and one space.
    static std::string rest(const std::string &line, int count) {
        size_t at = 0;
        while (count-- > 0 && at != std::string::npos) {
            at = line.find_first_not_of(' ', at);
            at = line.find(' ', at);
        }
        return at == std::string::npos ? "" : line.substr(at + 1);
    }
};

int main() {
    std::ios::sync_with_stdio(false);
    Buffer buffer;
    std::string line;
    while (std::getline(std::cin, line))
        if (!line.empty() && !buffer.obey(line))
            std::cout << "?\n";
}
