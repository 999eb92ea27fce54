using CoKe.Abstractions;
using CoKe.Grains.Protocol;
using CoKe.Grains.Runs;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace CoKe.Grains.Tests.Durability;

/// <summary>Records of runs that an earlier version stored are read, and lack only what it did not note.</summary>
public sealed class EarlierRunTests
{
    // Written before runs noted when they were created and who is done.
    const string Run =
        "IOhAHWJpcmRzfjBhMWIyYzNkIUALYmlyZHMhQIYFeyJpbWFnZUNvdW50IjoyMCwiZGltZW5zaW9uIjo0LCJiYXRjaFNpemUiOjEwLCJ2aWV3cyI6MSwiaGVhZHMiOlt7"
        + "ImNsdXN0ZXJDb3VudCI6MiwibWluaW11bVNpemVSYXRpbyI6MC40LCJtYXJnaW4iOjAsImR1YWxMZWFybmluZ1JhdGUiOm51bGwsImNlbnRlclJ1bGUiOiJleGFj"
        + "dCIsImNlbnRlclNjaGVkdWxlIjoiYmF0Y2giLCJiYXRjaFNjaGVkdWxlRXBvY2hzIjpudWxsLCJkdWFsQ2xhbXAiOiJwYXBlciIsImR1YWxOb3JtTGltaXQiOm51"
        + "bGwsIm1pbmltdW1TaXplcyI6bnVsbH1dLCJzdGFnZVR3b0FmdGVyRXBvY2giOm51bGwsInNvZnRMYWJlbFNsb3RzIjo1LCJsYWJlbFNoYXJwZW5pbmciOjAuNSwi"
        + "c2VlZCI6MH3gAQnBAejgAQEhAAIIAQQABOjgIQAFAQ0ABeABAwEBIQAFQQdvbmVAB3R3b+Dg";

    // Written before a mark said when.
    const string Mark = "IAAdAfEBUQEJ6CQABQEJAAXgIQADgQAAAAAAAPg/4OA=";

    static readonly Serializer Serializer = new ServiceCollection()
        .AddSerializer(serializer => serializer.AddAssembly(typeof(StoredRun).Assembly).AddAssembly(typeof(MiniBatch).Assembly))
        .BuildServiceProvider()
        .GetRequiredService<Serializer>();

    [Fact]
    public void Read_RunOfAnEarlierVersion_DoesNotKnowWhenNorWhoIsDone()
    {
        var run = Serializer.Deserialize<StoredRun>(Convert.FromBase64String(Run))!;
        Assert.Equal(("birds~0a1b2c3d", "birds", 2, 20), (run.RunId, run.Specification.Name, run.Specification.Trainers, 20));
        Assert.Equal([3, 1], run.Generations);
        Assert.Equal(["one", "two"], run.Trainers);
        Assert.True(run.Started);
        Assert.Null(run.Created);
        Assert.Null(run.Finished);
    }

    [Fact]
    public void Read_MarkOfAnEarlierVersion_DoesNotKnowWhen()
    {
        var mark = Serializer.Deserialize<RunMark>(Convert.FromBase64String(Mark))!;
        Assert.Equal((7L, 60L, 20L, 2L), (mark.Step, mark.RowsAccepted, mark.RowsInEpoch, mark.StepsInEpoch));
        Assert.Equal([2L, 1L], mark.Watermarks);
        Assert.Equal([1.5], mark.SimilaritySums);
        Assert.Null(mark.Updated);
    }

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var created = new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero);
        var run = Serializer.Deserialize<StoredRun>(Convert.FromBase64String(Run))! with { Created = created, Finished = [3, 0] };
        var read = Serializer.Deserialize<StoredRun>(Serializer.SerializeToArray(run))!;
        Assert.Equal(created, read.Created);
        Assert.Equal([3, 0], read.Finished!);
    }
}
