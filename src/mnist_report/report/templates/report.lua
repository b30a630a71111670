-- What HTML and PDF need and the Markdown, as Git hosts show it, cannot say: a filter that Pandoc runs
-- between reading and writing.

local stringify = pandoc.utils.stringify
local pdf = FORMAT == "typst"

-- How a verdict is shown: its sign, and the name of its colour in report.html and report.typ.
local looks = {
  ["agrees"] = { "✓", "good" },
  ["undecided"] = { "≈", "fair" },
  ["differs"] = { "✗", "bad" },
  ["cannot be checked"] = { "–", "unjudged" },
  ["not computed"] = { "–", "unjudged" },
  ["not comparable"] = { "–", "unjudged" },
  ["not tested"] = { "–", "unjudged" },
  ["not shown"] = { "–", "unjudged" },
  ["holds"] = { "✓", "good" },
  ["holds in part"] = { "≈", "fair" },
  ["does not hold"] = { "✗", "bad" },
}

local function coloured(word)
  local sign, colour = table.unpack(looks[word] or error("report.lua knows no verdict '" .. word .. "'"))
  if pdf then
    return pandoc.Span(sign .. "\u{a0}" .. word, { ["typst:text:fill"] = colour })
  end
  local hidden = pandoc.Span(sign, { ["aria-hidden"] = "true" })
  return pandoc.Span({ hidden, pandoc.Space(), pandoc.Str(word) }, pandoc.Attr("", { "verdict", colour }))
end

-- Verdicts stand in the columns of these names.
local columns = { verdict = true, ["in its own run"] = true, ["in general"] = true }

local function colour_verdicts(grid)
  local names = grid.head.rows[1]
  for column, name in ipairs(names and names.cells or {}) do
    if columns[stringify(name.contents)] then
      for _, row in ipairs(grid.bodies[1].body) do
        local cell = row.cells[column]
        cell.contents = { pandoc.Plain({ coloured(stringify(cell.contents)) }) }
      end
    end
  end
  return grid
end

-- Where the contents are listed for a Git host. HTML has its own, from the template.
local function is_contents(block)
  return block.t == "BulletList" and #block.content > 1 and block.content:find_if(function(item)
    local inlines = pandoc.utils.blocks_to_inlines(item)
    return not (#inlines == 1 and inlines[1].t == "Link" and inlines[1].target:sub(1, 1) == "#")
  end) == nil
end

local function begins(block, word)
  return block and block.t == "Para" and stringify(block):match("^" .. word .. " %d+%.") ~= nil
end

local both = {
  -- A picture in a paragraph of its own is a figure to Pandoc; the paragraph below is its caption, as
  -- that above a table is the table's.
  Blocks = function(blocks)
    local kept = pandoc.List()
    for _, block in ipairs(blocks) do
      local last = kept[#kept]
      if last and last.t == "Figure" and begins(block, "Figure") then
        last.caption = { long = { pandoc.Plain(block.content) } }
      elseif block.t == "Table" and begins(last, "Table") then
        local anchor = last.content:remove(1)
        block.identifier = anchor.identifier
        block.caption = { long = { pandoc.Plain(last.content) } }
        kept[#kept] = block
      elseif not is_contents(block) then
        kept:insert(block)
      elseif pdf then
        kept:insert(pandoc.RawBlock("typst", "#contents"))
      end
    end
    return kept
  end,
  Table = colour_verdicts,
}

-- HTML: what may be wider than a phone scrolls in a box of its own, and what few readers need is folded.

local html = {
  Header = function(header)
    -- Pandoc makes the first heading the title and lifts the others by one level; here they stay.
    if header.level > 1 then
      header.level = header.level + 1
    end
    return header
  end,
  Table = function(grid)
    return pandoc.Div({ grid }, pandoc.Attr("", { "table" }))
  end,
  Div = function(div)
    if div.classes:includes("fold") then
      local title = "<summary>" .. div.attributes.title .. "</summary>"
      div.content:insert(1, pandoc.RawBlock("html", "<details>" .. title))
      div.content:insert(pandoc.RawBlock("html", "</details>"))
      return div.content
    end
  end,
  Image = function(image)
    local file = assert(io.open((image.src:gsub("^%.%./", "")), "rb"))
    local size = pandoc.image.size(file:read("a"))
    file:close()
    image.attributes.width, image.attributes.height = tostring(size.width), tostring(size.height)
    return image
  end,
  Math = function(math)
    if math.mathtype == "DisplayMath" then
      return pandoc.Span({ math }, pandoc.Attr("", { "formula" }))
    end
  end,
}

-- PDF: Pandoc drops the words for a reader who cannot see a picture; Typst can hold them. Its paths
-- begin at the top of the checkout.

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
end

local typst = {
  Image = function(image)
    local path = image.src:gsub("^%.%.", "")
    local alt = stringify(image.caption)
    return pandoc.RawInline("typst", "#picture(" .. quoted(path) .. ", " .. quoted(alt) .. ")")
  end,
}

return pdf and { both, typst } or { both, html }
