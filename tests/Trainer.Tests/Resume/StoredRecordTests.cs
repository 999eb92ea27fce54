using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;

namespace CoKe.Trainer.Tests.Resume;

/// <summary>run.json outlives programs: what an earlier one wrote is read too.</summary>
public sealed class StoredRecordTests
{
    // What the program wrote that had format 3: the record of a finished demo, and the recipe beside it.
    static readonly string Record = Repository.Read("tests/Trainer.Tests/Resume/Stored/run-format-3.json");
    static readonly string Recipe = Repository.Read("tests/Trainer.Tests/Resume/Stored/recipe-format-3.yaml");

    [Fact]
    public void FromJson_OfTheFormatBefore_HasEveryHyperParameter()
    {
        var run = RunRecord.FromJson(System.Text.Encoding.UTF8.GetBytes(Record));

        Assert.Equal(("demo~e835cb39", true, RunRecord.CurrentFormat), (run.RunId, run.Finished, run.Format));
        var options = new RunOptions(null, run.Seed, "out", run.Images, run.Threads, run.Device, run.Recipe)
        {
            What = run.What,
            Source = run.Source,
        };
        Assert.Equal(Recipe, RecipeWriter.Write(options.ToRecipeFile()));
        Assert.Null(run.Asked!.Views.LargeViews);
        Assert.Equal(run.Recipe.Heads, run.Asked.Heads);
    }

    [Fact]
    public void FromJson_WhatItWrites_IsReadAgain()
    {
        var run = RunRecord.FromJson(System.Text.Encoding.UTF8.GetBytes(Record));

        Assert.Equal(run.ToJson(), RunRecord.FromJson(run.ToJson()).ToJson());
    }

    [Theory]
    [InlineData("{\"format\": 2}")]
    [InlineData("{\"format\": 5}")]
    [InlineData("{\"format\": 3, \"recipe\": []}")]
    [InlineData("{\"format\": 3}")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    public void FromJson_AnythingElse_IsRefused(string json) =>
        Assert.Throws<System.Text.Json.JsonException>(() => RunRecord.FromJson(System.Text.Encoding.UTF8.GetBytes(json)));
}
