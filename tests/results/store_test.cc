/* SPDX-License-Identifier: GPL-2.0-only */
#include "results_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include "temporary_folder.h"

namespace {

struct Fields {
  bac_fields f{};
  Fields() = default;
  Fields(std::initializer_list<std::pair<const char *, const char *>> items) {
    for (const auto &[name, value] : items) bac_fields_set(&f, name, value);
  }
  ~Fields() { bac_fields_free(&f); }
  Fields(const Fields &) = delete;
  Fields &operator=(const Fields &) = delete;
};

struct Result {
  bac_result r{};
  Result() = default;
  Result(std::initializer_list<std::pair<const char *, const char *>> columns) {
    for (const auto &[name, value] : columns) bac_fields_set(&r.columns, name, value);
  }
  ~Result() { bac_result_free(&r); }
  Result(const Result &) = delete;
  Result &operator=(const Result &) = delete;
  void Block(std::initializer_list<std::pair<const char *, const char *>> fields) {
    bac_fields *block = bac_result_add(&r, BAC_SHEET_BLOCKS);
    for (const auto &[name, value] : fields) bac_fields_set(block, name, value);
  }
};

struct Store : TemporaryFolder {
  bac_store *s = nullptr;
  char why[300] = "";

  Store() { Open(); }
  ~Store() { bac_store_close(s); }
  void Open() {
    Fields planned{{"protocol", "x"}, {"seed", "1"}, {"evs", "80"}};
    s = bac_store_open((*this / "results.sqlite").c_str(), &planned.f, 2, why, sizeof why);
    ASSERT_NE(s, nullptr) << why;
  }
  void Plan(const std::string &position, const char *protocol, const char *seed) {
    Fields columns{{"protocol", protocol}, {"seed", seed}, {"evs", "80"}};
    bac_planned_run run{position.c_str(), "bac-compare again, please", columns.f};
    ASSERT_EQ(bac_store_plan(s, &run, 1, "not finished"), 0) << bac_store_error(s);
  }
  int Put(const char *position, bac_run_status status, const char *error, const Result *result) {
    return bac_store_put(s, position, status, error, result ? &result->r : nullptr);
  }
  std::string Csv(const char *name) {
    EXPECT_EQ(bac_store_write_csv(s, path.c_str(), true), 0) << bac_store_error(s);
    return Read(name);
  }
};

}  // namespace

TEST(Value, Kinds) {
  for (const char *v : {"", "nan", "-nan", "inf", "-inf", "NaN"}) EXPECT_EQ(bac_value_kind(v), BAC_VALUE_NONE) << v;
  for (const char *v : {"0", "-1", "123456789012345678"}) EXPECT_EQ(bac_value_kind(v), BAC_VALUE_INTEGER) << v;
  for (const char *v : {"0.5", "-1.25", "1e-05", "1.5e+10"}) EXPECT_EQ(bac_value_kind(v), BAC_VALUE_REAL) << v;
  for (const char *v : {"abc", "007", "1234567890123456789", "12345678e9012345", "1.", ".5", "0x10", "1e+999", "+1", "1 ", "-"}) {
    EXPECT_EQ(bac_value_kind(v), BAC_VALUE_TEXT) << v;
  }
}

TEST(Value, RealsReadBack) {
  char text[32];
  for (double v : {0.1, 1.0 / 3, 1e-300, 123456789.125, 2.0}) {
    bac_value_print_real(v, text);
    EXPECT_EQ(strtod(text, nullptr), v) << text;
  }
  bac_value_print_real(0.1, text);
  EXPECT_STREQ(text, "0.1");
}

TEST(Store, PlannedRunsSayFailedUntilTheyAreDone) {
  Store store;
  store.Plan("b", "pbft", "1");
  store.Plan("a", "bac", "1");
  EXPECT_EQ(bac_store_status(store.s, "a"), BAC_RUN_FAILED);
  EXPECT_EQ(bac_store_status(store.s, "z"), BAC_RUN_ABSENT);
  Result result{{"blocks", "12"}, {"latency_s", "0.25"}};
  ASSERT_EQ(store.Put("b", BAC_RUN_OK, "", &result), 0) << bac_store_error(store.s);
  EXPECT_EQ(bac_store_status(store.s, "b"), BAC_RUN_OK);
  EXPECT_EQ(store.Csv("runs.csv"),
            "protocol,seed,evs,status,error,blocks,latency_s,command\n"
            "bac,1,80,failed,not finished,,,\"bac-compare again, please\"\n"
            "pbft,1,80,ok,,12,0.25,\"bac-compare again, please\"\n");
  EXPECT_EQ(store.Csv("blocks.csv"), "protocol,seed\n");
}

TEST(Store, FinishedRunsSurviveAReplan) {
  Store store;
  store.Plan("a", "bac", "1");
  Result result{{"blocks", "12"}};
  ASSERT_EQ(store.Put("a", BAC_RUN_OK, "", &result), 0);
  bac_store_close(store.s);
  store.Open();
  store.Plan("a", "bac", "1");
  EXPECT_EQ(bac_store_status(store.s, "a"), BAC_RUN_OK);
  ASSERT_EQ(store.Put("a", BAC_RUN_FAILED, "ended by signal 11", nullptr), 0);
  store.Plan("a", "bac", "1");
  EXPECT_EQ(store.Csv("runs.csv"),
            "protocol,seed,evs,status,error,command\n"
            "bac,1,80,failed,not finished,\"bac-compare again, please\"\n");
}

/* The CSV does not show which run finished first, even if runs name different columns. */
TEST(Store, OrderIsThatOfPositions) {
  Result first{{"blocks", "1"}, {"views", "2"}}, second{{"rounds", "3"}, {"blocks", "4"}};
  first.Block({{"height", "1"}, {"digest", "00aa"}});
  first.Block({{"height", "2"}, {"digest", "00bb"}});
  second.Block({{"height", "1"}, {"round", "7"}});
  std::string runs[2], blocks[2];
  for (int turn = 0; turn < 2; turn++) {
    Store store;
    store.Plan("a", "bac", "1");
    store.Plan("b", "pbft", "1");
    for (int i = 0; i < 2; i++) {
      const bool a = (i == 0) == (turn == 0);
      ASSERT_EQ(store.Put(a ? "a" : "b", BAC_RUN_OK, "", a ? &first : &second), 0) << bac_store_error(store.s);
    }
    runs[turn] = store.Csv("runs.csv");
    blocks[turn] = store.Csv("blocks.csv");
  }
  EXPECT_EQ(runs[0], runs[1]);
  EXPECT_EQ(blocks[0], blocks[1]);
  EXPECT_EQ(runs[0].substr(0, runs[0].find('\n')), "protocol,seed,evs,status,error,blocks,views,rounds,command");
  EXPECT_EQ(blocks[0],
            "protocol,seed,height,digest,round\n"
            "bac,1,1,00aa,\n"
            "bac,1,2,00bb,\n"
            "pbft,1,1,,7\n");
}

TEST(Store, ANewResultReplacesTheOld) {
  Store store;
  store.Plan("a", "bac", "1");
  Result old{{"blocks", "1"}, {"gone", "5"}}, now{{"blocks", "2"}};
  old.Block({{"height", "1"}});
  now.Block({{"height", "9"}});
  ASSERT_EQ(store.Put("a", BAC_RUN_CONFLICT, "height 1, \"two\" blocks", &old), 0);
  EXPECT_EQ(bac_store_status(store.s, "a"), BAC_RUN_CONFLICT);
  EXPECT_NE(store.Csv("runs.csv").find("conflict,\"height 1, \"\"two\"\" blocks\",1,5,"), std::string::npos);
  ASSERT_EQ(store.Put("a", BAC_RUN_OK, "", &now), 0);
  EXPECT_EQ(store.Csv("blocks.csv"), "protocol,seed,height\nbac,1,9\n");
}

TEST(Store, OtherSheetsAreRowsOfTheirOwn) {
  for (const bac_sheet sheet : {BAC_SHEET_REPUTATION, BAC_SHEET_LINKS}) {
    const std::string file = std::string(bac_sheet_name(sheet)) + ".csv";
    Store store;
    store.Plan("a", "bac", "1");
    Result old{{"blocks", "1"}}, now{{"blocks", "2"}};
    for (const char *rho : {"0.5", "0.75"}) bac_fields_set(bac_result_add(&old.r, sheet), "rho", rho);
    bac_fields_set(bac_result_add(&now.r, sheet), "rho", "1");
    ASSERT_EQ(store.Put("a", BAC_RUN_OK, "", &old), 0);
    EXPECT_EQ(store.Csv(file.c_str()), "protocol,seed,rho\nbac,1,0.5\nbac,1,0.75\n");
    ASSERT_EQ(store.Put("a", BAC_RUN_OK, "", &now), 0);
    EXPECT_EQ(store.Csv(file.c_str()), "protocol,seed,rho\nbac,1,1\n");
    EXPECT_EQ(store.Csv("blocks.csv"), "protocol,seed\n");
    Result bad{{"blocks", "1"}};
    bac_fields_set(bac_result_add(&bad.r, sheet), "seed", "9"); /* the run's own */
    EXPECT_NE(store.Put("a", BAC_RUN_OK, "", &bad), 0);
    EXPECT_EQ(store.Csv(file.c_str()), "protocol,seed,rho\nbac,1,1\n");
  }
}

TEST(Store, AResultColumnMayRepeatAPlannedOne) {
  Store store;
  store.Plan("a", "bac", "1");
  Result result{{"protocol", "bac"}, {"evs", "80"}, {"pdr", "0.9"}};
  ASSERT_EQ(store.Put("a", BAC_RUN_OK, "", &result), 0) << bac_store_error(store.s);
  EXPECT_EQ(store.Csv("runs.csv").substr(0, 45), "protocol,seed,evs,status,error,pdr,command\nba");
}

TEST(Store, ForbiddenNamesAreRefusedAndNothingIsStored) {
  Store store;
  store.Plan("a", "bac", "1");
  for (const char *name : {"status", "run", "a b", "x\"; DROP TABLE runs; --"}) {
    Result result{{"fine", "1"}, {name, "1"}};
    EXPECT_EQ(store.Put("a", BAC_RUN_OK, "", &result), -1) << name;
    EXPECT_NE(std::string(bac_store_error(store.s)).find("has the name"), std::string::npos);
  }
  Result block{{"fine", "1"}};
  block.Block({{"protocol", "x"}});
  EXPECT_EQ(store.Put("a", BAC_RUN_OK, "", &block), -1);
  EXPECT_EQ(store.Put("nowhere", BAC_RUN_OK, "", nullptr), -1);
  EXPECT_EQ(bac_store_status(store.s, "a"), BAC_RUN_FAILED);
  EXPECT_EQ(store.Csv("runs.csv").find("fine"), std::string::npos);
  Result good{{"fine", "1"}}; /* a column that was rolled back can be added again */
  EXPECT_EQ(store.Put("a", BAC_RUN_OK, "", &good), 0) << bac_store_error(store.s);
}

TEST(Store, NumbersAreNumbersInSql) {
  Store store;
  store.Plan("a", "bac", "1");
  Result result{{"latency_s", "0.5"}, {"blocks", "10"}, {"pdr", "nan"}, {"name", "7f"}};
  ASSERT_EQ(store.Put("a", BAC_RUN_OK, "", &result), 0);
  bac_store_close(store.s);
  store.s = nullptr;
  sqlite3 *db = nullptr;
  sqlite3_stmt *q = nullptr;
  ASSERT_EQ(sqlite3_open((store / "results.sqlite").c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_prepare_v2(db, "SELECT typeof(latency_s), typeof(blocks), typeof(pdr), typeof(name) FROM runs WHERE blocks > 9", -1, &q, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_step(q), SQLITE_ROW);
  const char *const types[] = {"real", "integer", "null", "text"};
  for (int i = 0; i < 4; i++) EXPECT_STREQ(reinterpret_cast<const char *>(sqlite3_column_text(q, i)), types[i]);
  sqlite3_finalize(q);
  sqlite3_close(db);
}

TEST(Store, FactsComeBackInOrder) {
  Store store;
  Fields facts{{"--evs", "80"}, {"--scenario", "it's \"here\""}};
  ASSERT_EQ(bac_store_set_facts(store.s, "configuration", &facts.f), 0);
  ASSERT_EQ(bac_store_set_facts(store.s, "configuration", &facts.f), 0);
  Fields back;
  ASSERT_EQ(bac_store_get_facts(store.s, "configuration", &back.f), 0);
  ASSERT_EQ(back.f.count, 2u);
  EXPECT_STREQ(back.f.items[1].value, "it's \"here\"");
}

TEST(Store, EachRunGivesTextAndNothingForMissingColumns) {
  Store store;
  store.Plan("b", "pbft", "2");
  store.Plan("a", "bac", "1");
  Result result{{"latency_s", "0.1"}};
  ASSERT_EQ(store.Put("b", BAC_RUN_OK, "", &result), 0);
  const char *const names[] = {"protocol", "latency_s", "no_such"};
  std::string all;
  auto add = [](void *context, const char *const *v) {
    *static_cast<std::string *>(context) += std::string(v[0]) + "/" + v[1] + "/" + v[2] + ";";
  };
  ASSERT_EQ(bac_store_each_run(store.s, names, 3, add, &all), 0);
  EXPECT_EQ(all, "bac//;pbft/0.1/;");
}

TEST(Store, RefusesWhatIsNotItsOwn) {
  TemporaryFolder folder;
  char why[300];
  Fields planned{{"protocol", "x"}};
  EXPECT_EQ(bac_store_open((folder / "none").c_str(), nullptr, 0, why, sizeof why), nullptr);
  EXPECT_EQ(folder.Count(), 0u);
  folder.Write("text", "this is no database, but long enough to have a header of a hundred bytes, which it has not, has it?");
  EXPECT_EQ(bac_store_open((folder / "text").c_str(), &planned.f, 1, why, sizeof why), nullptr);
  EXPECT_NE(std::string(why).find((folder / "text").c_str()), std::string::npos) << why;
  sqlite3 *db = nullptr;
  sqlite3_open((folder / "other").c_str(), &db);
  sqlite3_exec(db, "CREATE TABLE runs(a)", nullptr, nullptr, nullptr);
  sqlite3_close(db);
  EXPECT_EQ(bac_store_open((folder / "other").c_str(), &planned.f, 1, why, sizeof why), nullptr);
  EXPECT_NE(std::string(why).find("not a results file"), std::string::npos) << why;
  EXPECT_EQ(bac_store_open("/no/such/folder/x", &planned.f, 1, why, sizeof why), nullptr);
}

TEST(Store, CsvIsWrittenNowAndThen) {
  Store store;
  store.Plan("a", "bac", "1");
  ASSERT_EQ(bac_store_write_csv(store.s, store.path.c_str(), false), 0); /* the first time at once */
  store.Write("runs.csv", "untouched");
  ASSERT_EQ(bac_store_write_csv(store.s, store.path.c_str(), false), 0);
  EXPECT_EQ(store.Read("runs.csv"), "untouched");
  ASSERT_EQ(bac_store_write_csv(store.s, store.path.c_str(), true), 0);
  EXPECT_NE(store.Read("runs.csv"), "untouched");
}

/* A disk that fills up in the middle: what was stored before stays, what was not is still marked as failed. */
namespace {

int FillTheDisk() {
  Store store;
  store.Plan("a", "bac", "1");
  store.Plan("b", "bac", "2");
  Result small{{"blocks", "1"}};
  if (store.Put("a", BAC_RUN_OK, "", &small) != 0) return 1;
  signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  limit.rlim_cur = 100000;
  limit.rlim_max = 100000;
  setrlimit(RLIMIT_FSIZE, &limit);
  Result large{{"blocks", "2"}};
  for (int i = 0; i < 5000; i++) large.Block({{"height", "1"}, {"digest", "0123456789abcdef0123456789abcdef"}});
  if (store.Put("b", BAC_RUN_OK, "", &large) != -1) return 2;
  if (std::string(bac_store_error(store.s)).find("full disk") == std::string::npos) return 3;
  if (bac_store_status(store.s, "a") != BAC_RUN_OK || bac_store_status(store.s, "b") != BAC_RUN_FAILED) return 4;
  if (store.Csv("runs.csv").find("bac,1,80,ok") == std::string::npos) return 5;
  return store.Put("b", BAC_RUN_OK, "", &small) == 0 ? 42 : 6; /* it has room for this */
}

}  // namespace

TEST(StoreDeathTest, AFullDiskKeepsFinishedRuns) { EXPECT_EXIT(exit(FillTheDisk()), testing::ExitedWithCode(42), ""); }
