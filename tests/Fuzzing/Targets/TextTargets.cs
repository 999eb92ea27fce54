using System.Text;
using CoKe.Abstractions;
using CoKe.Access;
using CoKe.ConstrainedKMeans;
using CoKe.ConstrainedKMeans.Conformance;
using CoKe.Errors;
using CoKe.Fuzzing.Inputs;
using CoKe.Trainer.Recipes;

namespace CoKe.Fuzzing.Targets;

/// <summary>Readers of text that people write.</summary>
static class TextTargets
{
    const int Brackets = 400_000;

    public static FuzzTarget Recipe(FuzzFolder folder) =>
        new(
            "",
            [
                .. BundledRecipes.Files.Take(3).Select(File.ReadAllBytes),
                Packing.Text("seed: 3\nheads: [10, 20]\nschedule:\n  epochs: 2\n"),
                Packing.Text("# nothing\n"),
                Packing.Text("about: {what: 'x', source: \"y\"}\nschedule.epochs: 4\n"),
            ],
            input => RecipeReader.Read(folder.Write("recipe.yaml", input)).What
        )
        {
            Hostile =
            [
                Packing.Nested("[", Brackets),
                Packing.Nested("{a: ", Brackets),
                Packing.Nested("- ", Brackets),
                Packing.Nested("? ", Brackets),
                Packing.Text($"heads: {Encoding.ASCII.GetString(Packing.Nested("[", Brackets, "]"))}"),
                Packing.Text("a: &a {b: *a}"),
                Packing.Text("&a a: *a"),
                Laughs(),
                Packing.Text("base: recipe.yaml"),
                Packing.Text("a: !!binary x\n\u001b[31m: 1"),
                Packing.Nested("a: 1\n", 100_000),
                Packing.Text("--- 1\n--- 2\n"),
                Packing.Text("\"\u202eseed\": 1"),
                Packing.Nested("!", 100_000),
                Packing.Nested("%", 100_000),
            ],
            Iterations = 8_000,
        };

    public static FuzzTarget Set(FuzzFolder folder) =>
        new(
            "",
            [
                Packing.Text("schedule.epochs=3"),
                Packing.Text("heads=[10,20]"),
                Packing.Text("heads=10,20"),
                Packing.Text("data.folder=x"),
                Packing.Text("clustering.minimum-size-ratio=0.4"),
                Packing.Text("seed=null"),
            ],
            input =>
            {
                var values = new Dictionary<string, GivenValue>();
                RecipeText.Set(Encoding.UTF8.GetString(input), values);
                var (name, given) = values.Single();
                return RecipeKeys.Find(name)!.Text(RecipeReader.Taken(new RecipeFile { Recipe = RecipeDefaults.Recipe }, name, given))
                    ?? "nothing";
            }
        );

    public static FuzzTarget Golden(FuzzFolder folder) =>
        new("", [Packing.Text(Cases), Packing.Text(StageTwo), Packing.Gzip(Packing.Text(Cases))], input =>
            $"{GoldenFile.Read(folder.Write("golden.json.gz", input)).Count} cases"
        )
        {
            Hostile =
            [
                Packing.Bomb(Packing.Text("{\"inputs\": \""), "a", 3_000),
                Packing.Bomb(Packing.Text("["), "0,", 300),
                Packing.Bomb(Packing.Text("["), "[],", 300),
                Packing.Bomb([], " ", 3_000),
                Packing.Nested("[", Brackets),
                Packing.Gzip(Packing.Nested("{\"a\":", Brackets)),
                Packing.Text("{\"inputs\": \"\\ud800\"}"),
                Packing.Text("{\"inputs\": {}, \"cases\": [{\"name\": \"\\udfff\"}]}"),
                Packing.Text(Cases.Replace("\"batch\": 1", "\"batch\": 0")),
                Packing.Text(Cases.Replace("\"name\": \"one\"", "\"name\": \"\\ud800\"")),
                Packing.Text(Cases.Replace("\"batch\": 1", "\"batch\": 1, \"views\": 1000000")),
                Packing.Text(Cases.Replace("\"C0\": [", "\"C0\": [[],")),
            ],
            // A bomb within what a golden file may hold is unpacked and read as JSON.
            BytesAllowed = 512L << 20,
            BytesPerByte = 2_000,
            Iterations = 6_000,
            Seal = input => input.Length % 2 == 0 ? Packing.Gzip(input) : input,
        };

    public static FuzzTarget Options(FuzzFolder folder)
    {
        var options = new ClusteringOptions
        {
            ImageCount = 100,
            Dimension = 4,
            BatchSize = 10,
            Heads =
            [
                new() { ClusterCount = 5, MinimumSizeRatio = 0.4 },
                new()
                {
                    ClusterCount = 2,
                    MinimumSizeRatio = 1,
                    MinimumSizes = [50, 50],
                },
            ],
        };
        return new("", [Packing.Text(options.ToJson())], input =>
            $"{ClusteringOptions.FromJson(Encoding.UTF8.GetString(input)).Warnings().Count} warnings"
        )
        {
            Hostile =
            [
                Packing.Nested("[", Brackets),
                Packing.Nested("{\"heads\":", Brackets),
                Packing.Text("null"),
                Packing.Text("{\"\\ud800\": 1}"),
            ],
        };
    }

    /// <summary>Names and addresses, which any text may be offered as.</summary>
    public static FuzzTarget Names(FuzzFolder folder) =>
        new(
            "",
            [
                Packing.Text("fashion mnist (2).npy"),
                Packing.Text("localhost:30000"),
                Packing.Text("[::1]:30000"),
                Packing.Text("\u001b[31mröd\u202e"),
                Packing.Text("日本"),
            ],
            input =>
            {
                var text = Encoding.UTF8.GetString(input);
                var name = RunNames.After(text, "run");
                if (!RunSpecification.IsName(name))
                    throw new InvalidOperationException($"No run can be called '{name}'.");
                if (VisibleText.Line(text).Any(char.IsControl) || VisibleText.Line(VisibleText.Line(text)) != VisibleText.Line(text))
                    throw new InvalidOperationException("Something is hidden in a line.");
                if (
                    Judge.ProblemOf($"It is {VisibleText.Sentence(text)}.") is { } fault
                    && VisibleText.Sentence(text).Length < VisibleText.LongestSentence - 10
                )
                    throw new InvalidOperationException(fault);
                if (VisibleText.Of(text).Any(one => char.IsControl(one) && one is not ('\n' or '\r' or '\t')))
                    throw new InvalidOperationException("Something is hidden in a text.");
                return GatewayAddress.TryParse(text) is null ? "no address" : "an address";
            }
        );

    // Ten of ten of ten, and so on.
    static byte[] Laughs()
    {
        var text = new StringBuilder("a0: &a0 [1]\n");
        for (var i = 1; i < 30; i++)
            text.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        return Packing.Text(text.ToString());
    }

    const string Cases = """
        {"inputs": {"C0": [[[1, 0], [0, 1]]], "view1": [[1, 0], [0, 1]], "batch": 1, "perm": [[0, 1]]},
         "cases": [{"name": "one", "gamma": 0.5, "batches": [
           [{"labels": [0], "rho": [0, 0.1], "count": [1, 0], "centers_sum_abs": 2.0}],
           [{"labels": [1], "rho": [0, 0], "count": [1, 1], "centers_sum_abs": 2.0}]],
           "final_centers": [[[1, 0], [0, 1]]]}]}
        """;

    const string StageTwo = """
        {"name": "two", "inputs": {"C0": [[[1, 0], [0, 1]]], "batch": 2, "N": 2, "gamma": 0.5, "T_prime": 0, "slots": 2, "sharpening": 0.5},
         "epochs": [{"perm": [0, 1], "features": [[1, 0], [0, 1]],
           "batches": [[{"labels": [0, 1], "rho": [0, 0], "count": [1, 1], "centers_sum_abs": 2.0}]],
           "frozen_centers": [[[1, 0], [0, 1]]], "soft_labels": [[[[0, 1.0]], [[1, 1.0]]]], "sharpened": [[[[0, 1.0]], [[1, 1.0]]]]}]}
        """;
}
