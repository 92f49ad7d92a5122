/* bench_svc BOARD TAG: signs the board and waits to be told to end. */
#include "board.h"

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    struct board* b = board_open(argv[1]);
    board_sign(b, atoll(argv[2]));
    munmap(b, sizeof *b);
    for (;;) pause();
}
