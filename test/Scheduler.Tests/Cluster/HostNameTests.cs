using NUnit.Framework;
using Scheduler.Cluster;

namespace Scheduler.Tests.Cluster;

/// <summary>What a node without a name is called by its machine's.</summary>
public sealed class HostNameTests
{
    private static readonly string Long = new('h', 70);

    [TestCase("web1", 1, "web1")]
    [TestCase("web1", 2, "web1-2")]
    [TestCase("web1", 99, "web1-99")]
    [TestCase("Web_1.example", 1, "Web_1.example")]
    [TestCase("büro 1", 1, "b-ro-1")]
    [TestCase("", 3, "node-3")]
    public void It_is_the_machines_name_with_a_number_from_the_second_on(string host, int number, string name) =>
        Assert.That(HostName.ForNode(host, number), Is.EqualTo(name));

    [TestCase(1, "")]
    [TestCase(2, "-2")]
    [TestCase(10, "-10")]
    public void It_is_cut_to_63_characters_and_keeps_its_number(int number, string end) =>
        Assert.That(HostName.ForNode(Long, number), Is.EqualTo(Long[..(63 - end.Length)] + end));
}
