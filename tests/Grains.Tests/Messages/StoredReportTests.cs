using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace CoKe.Grains.Tests.Messages;

/// <summary>Reports of epochs lie in storage: those that an earlier version wrote are read too.</summary>
public sealed class StoredReportTests
{
    // Written before reports said which minimum sizes were missed.
    const string WithoutMissedSizes =
        "IAANAYIMAR0BCTEBSCMjI2FDb0tlLkFic3RyYWN0aW9ucy5IZWFkUmVwb3J0W10sQ29LZS5BYnN0cmFjdGlvbnMAAyEAIQF5"
        + "AdICgQAAAAAAgEZAgQAAAAAAAOg/gQAAAAAAAC5AgQAAAAAAgDRAAQOBAAAAAAAA7D8BMQEBgQAAAAAAANA/"
        + "gXsUrkfhesQ/6ODg6OA=";

    static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    static readonly HeadReport Head = new(8, 30, 90, 45, 0.75, 15, 20.5, true, 0.875, 12, 0, 0.25, 0.16);

    [Fact]
    public void Read_ReportOfAnEarlierVersion_DoesNotKnowWhatWasMissed()
    {
        var report = Serializer.Deserialize<EpochReport>(Convert.FromBase64String(WithoutMissedSizes));

        Assert.Equal((3, 400L, 7L, 2), (report!.Epoch, report.Rows, report.Steps, report.CommittedIncarnation));
        Assert.Equal(Head, Assert.Single(report.Heads));
        Assert.Null(report.Heads[0].Missed);
        Assert.Null(report.Heads[0].Gini);
        Assert.Null(report.Heads[0].SizeQuantiles);
        Assert.Null(report.Heads[0].Agreement);
    }

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var head = Head with
        {
            Missed = new Shortfall
            {
                Clusters = 2,
                Images = 16,
                Worst = [new SmallCluster(7, 30, 45), new SmallCluster(1, 44, 45)],
            },
            Gini = 0.25,
            SizeQuantiles = new SizeQuantiles(30, 41.5, 44, 50, 88),
            Agreement = 0.875,
            AgreementImages = 399,
        };
        var report = Serializer.Deserialize<EpochReport>(Serializer.SerializeToArray(new EpochReport(3, 400, 7, 2, new[] { head })));
        Assert.Equal(head, Assert.Single(report!.Heads));
    }
}
