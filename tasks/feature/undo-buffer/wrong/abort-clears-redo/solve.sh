#!/bin/bash
# overhang canary ff2a37e2fdb12a2322455d4c81e2da69
# Opening a group that changes something empties the redo list, though it is aborted.
set -e
python3 - <<"END"
# overhang canary ff2a37e2fdb12a2322455d4c81e2da69
text = open("edit.cpp").read()
start = text.index("class Buffer {")
end = text.index("int main() {")
new = r'''struct Line {
    long id;
    std::string text;
};

// Lines [at, at + old.size()) became `now`; undoing swaps the two.
struct Edit {
    size_t at;
    std::vector<Line> old, now;
};

struct Step {
    std::vector<Edit> edits;
    long before, after;
};

class Buffer {
public:
    bool obey(const std::string &line) {
        std::istringstream words(line);
        std::string command, name;
        words >> command;
        size_t from, to;
        if (command == "append") {
            change({lines.size(), {}, {{fresh++, rest(line, 1)}}});
        } else if (command == "insert" || command == "change") {
            if (!(words >> from) || from < 1 || from > lines.size())
                return false;
            if (command == "insert")
                change({from - 1, {}, {{fresh++, rest(line, 2)}}});
            else
                change({from - 1, {lines[from - 1]}, {{lines[from - 1].id, rest(line, 2)}}});
        } else if (command == "delete") {
            if (!(words >> from >> to) || from < 1 || to > lines.size() || from > to)
                return false;
            change({from - 1, {lines.begin() + (from - 1), lines.begin() + to}, {}});
        } else if (command == "print") {
            for (const Line &one : lines)
                std::cout << one.text << '\n';
        } else if (command == "undo" || command == "redo") {
            bool back = command == "undo";
            std::vector<Step> &source = back ? done : undone, &target = back ? undone : done;
            size_t count = 1;
            if (!(words >> std::ws).eof() && !(words >> count))
                return false;
            if (!groups.empty() || count < 1 || count > source.size())
                return false;
            while (count-- > 0) {
                Step step = std::move(source.back());
                source.pop_back();
                back ? revert(step.edits, 0) : replay(step.edits);
                state = back ? step.before : step.after;
                target.push_back(std::move(step));
            }
        } else if (command == "begin") {
            groups.push_back(open.size());
        } else if (command == "end") {
            if (groups.empty())
                return false;
            groups.pop_back();
            if (groups.empty())
                commit();
        } else if (command == "abort") {
            if (groups.empty())
                return false;
            revert(open, groups.back());
            open.resize(groups.back());
            groups.pop_back();
        } else if (command == "mark") {
            if (!(words >> name) || !letters(name) || !(words >> from) || from < 1 || from > lines.size())
                return false;
            marks[name] = lines[from - 1].id;
        } else if (command == "where") {
            if (!(words >> name) || !marks.count(name))
                return false;
            size_t i = 0;
            while (i < lines.size() && lines[i].id != marks[name])
                i++;
            std::cout << (i < lines.size() ? std::to_string(i + 1) : "gone") << '\n';
        } else if (command == "save") {
            if (!groups.empty())
                return false;
            saved = state;
        } else if (command == "modified") {
            std::cout << (saved != state || !open.empty() ? "yes" : "no") << '\n';
        } else {
            return false;
        }
        return true;
    }

private:
    std::vector<Line> lines;
    std::vector<Step> done, undone;
    std::vector<Edit> open;
    std::vector<size_t> groups;
    std::map<std::string, long> marks;
    long fresh = 1, state = 0, states = 1, saved = 0;

    void apply(size_t at, size_t count, const std::vector<Line> &now) {
        lines.erase(lines.begin() + at, lines.begin() + at + count);
        lines.insert(lines.begin() + at, now.begin(), now.end());
    }

    void change(Edit edit) {
        apply(edit.at, edit.old.size(), edit.now);
        open.push_back(std::move(edit));
        undone.clear();
        if (groups.empty())
            commit();
    }

    void commit() {
        if (open.empty())
            return;
        undone.clear();
        done.push_back({std::move(open), state, states});
        open.clear();
        state = states++;
    }

    void revert(const std::vector<Edit> &edits, size_t first) {
        for (size_t i = edits.size(); i-- > first;)
            apply(edits[i].at, edits[i].now.size(), edits[i].old);
    }

    void replay(const std::vector<Edit> &edits) {
        for (const Edit &edit : edits)
            apply(edit.at, edit.old.size(), edit.now);
    }

    static bool letters(const std::string &name) {
        for (unsigned char c : name)
            if (!isalpha(c))
                return false;
        return true;
    }

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

'''
text = text[:start] + new + text[end:]
open("edit.cpp", "w").write(text.replace("#include <iostream>", "#include <iostream>\n#include <map>"))
END
