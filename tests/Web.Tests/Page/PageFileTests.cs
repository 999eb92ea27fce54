using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using CoKe.Web.Page;
using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Page;

/// <summary>The files of the page, as a browser is sent them.</summary>
public sealed partial class PageFileTests(OneDoor door) : IClassFixture<OneDoor>
{
    // uPlot 1.6.32 as npm has it: dist/uPlot.iife.min.js, dist/uPlot.min.css and LICENSE of the package 'uplot'.
    [Theory]
    [InlineData("vendor/uPlot.iife.min.js", "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f")]
    [InlineData("vendor/uPlot.min.css", "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04")]
    [InlineData("vendor/uPlot.LICENSE", "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd")]
    public void WhatOthersMade_IsAsTheyMadeIt(string path, string hash) =>
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(PageFiles.All[path].Bytes)));

    [Fact]
    public async Task Every_IsSent_Packed_AndNotTwice()
    {
        foreach (var (path, file) in PageFiles.All)
        {
            using var ask = new HttpRequestMessage(HttpMethod.Get, path == "index.html" ? "/" : $"/page/{path}");
            ask.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
            var answer = (await Answer.OfAsync(door.Http.SendAsync(ask))).Good();
            using var unpacked = new MemoryStream();
            using (var packed = new GZipStream(new MemoryStream(answer.Bytes), CompressionMode.Decompress))
                packed.CopyTo(unpacked);
            Assert.Equal(file.Bytes, unpacked.ToArray());
            using var again = new HttpRequestMessage(HttpMethod.Get, ask.RequestUri);
            again.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(answer.Header("ETag")!));
            Assert.Empty((await Answer.OfAsync(door.Http.SendAsync(again))).Good(HttpStatusCode.NotModified).Bytes);
        }
    }

    [Fact]
    public async Task ThePolicy_LetsNothingElseIn()
    {
        var answer = (await Answer.OfAsync(door.Http.GetAsync("/"))).Good();
        var policy = answer.Header("Content-Security-Policy")!;
        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
    }

    [Fact]
    public void EveryPart_ThatAPartNames_IsThere()
    {
        foreach (var (path, file) in PageFiles.All.Where(one => one.Key.EndsWith(".js", StringComparison.Ordinal)))
        {
            var folder = new Uri(new Uri("page://host/"), path);
            foreach (Match import in Import().Matches(System.Text.Encoding.UTF8.GetString(file.Bytes)))
            {
                var named = new Uri(folder, import.Groups[1].Value).AbsolutePath[1..];
                Assert.True(PageFiles.All.ContainsKey(named), $"{path} imports {named}, which is not there.");
            }
        }
    }

    [GeneratedRegex("""^import .* from "(.+)";$""", RegexOptions.Multiline)]
    private static partial Regex Import();
}
